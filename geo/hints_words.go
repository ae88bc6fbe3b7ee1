package geo

// The vocabulary of Hints: what customers call kinds of places. Chinese words are
// found anywhere in the text (simplified; traditional characters are mapped
// first), English ones as whole words, plural or not.

// sceneWords are the words for a scene. Where several scenes are named, the one
// with the highest rank is meant: the lift of a hotel is a lift.
var sceneWords = []struct {
	scene Scene
	rank  int
	words []string
}{
	{SceneLift, 9, []string{"电梯", "升降机", "升降梯", "货梯", "客梯", "点梯", "电提", "elevator", "lift"}},
	{SceneTunnel, 8, []string{"隧道", "隧洞", "tunnel"}},
	{SceneBasement, 7, []string{"地下室", "地下车库", "地库", "地下停车", "地下商", "地下超市", "地下层", "车库", "停车库", "负楼",
		"basement", "underground car park", "underground parking", "underground garage", "underground lot"}},
	{SceneTransit, 5, []string{"地铁", "轻轨", "火车站", "火车上", "高铁", "动车", "机场", "航站楼", "候机", "候车", "汽车站", "客运站", "站台",
		"metro", "subway", "tube station", "on the tube", "mrt", "train station", "railway station", "bus station", "coach station",
		"bus terminal", "airport", "on the train", "in the train", "train platform", "railway"}},
	{SceneHospital, 5, []string{"医院", "病房", "门诊", "住院", "急诊", "诊室", "hospital", "clinic"}},
	{SceneHotel, 5, []string{"酒店", "宾馆", "旅馆", "旅店", "民宿", "招待所", "客栈", "度假村", "hotel", "motel", "hostel", "resort",
		"guest house", "guesthouse", "homestay"}},
	{SceneMall, 5, []string{"商场", "购物中心", "百货", "万达广场", "大悦城", "万象城", "吾悦广场", "来福士", "印象城", "商城", "mall",
		"shopping centre", "shopping center", "department store", "shopping complex"}},
	{SceneCampus, 5, []string{"学校", "校园", "校区", "大学", "学院", "教室", "教学楼", "学生宿舍", "中学", "小学", "campus", "university",
		"college", "school", "classroom", "dorm", "dormitory", "lecture hall"}},
	{SceneTouristSite, 5, []string{"景区", "景点", "风景区", "名胜", "故宫", "长城", "外滩", "迪士尼", "欢乐谷", "动物园", "博物馆", "古镇",
		"游乐园", "游乐场", "主题公园", "旅游区", "scenic", "tourist", "theme park", "museum", "zoo", "temple", "disneyland", "national park"}},
	{SceneHighway, 5, []string{"高速", "匝道", "收费站", "国道", "highway", "motorway", "expressway", "freeway", "interstate", "toll road",
		"turnpike", "autobahn", "toll plaza"}},
	{SceneOfficeTower, 4, []string{"写字楼", "办公室", "办公楼", "办公区", "商务楼", "大厦", "公司楼", "公司办公", "在公司", "公司里",
		"office", "workplace"}},
	{SceneResidential, 3, []string{"小区", "家里", "我家", "在家", "家中", "屋头", "屋里", "住宅", "公寓", "at home", "my home", "my house",
		"in the house", "apartment", "my flat", "our flat", "flat has", "flat is", "in the flat", "bedroom", "living room", "my room"}},
	{SceneRural, 2, []string{"农村", "村里", "村子", "村庄", "乡下", "山村", "山里", "山沟", "乡村", "village", "rural", "countryside", "farm"}},
}

// fuzzyWords are English words long and plain enough to be known with one letter
// wrong, missing, doubled or swapped.
var fuzzyWords = []string{"elevator", "basement", "highway", "motorway", "expressway", "hospital", "university", "apartment", "airport", "subway"}

// notPlaces contain a word for a place and mean something else.
var notPlaces = []string{
	"高速上网", "高速网", "高速流量", "高速套餐", "高速率", "高速宽带", "高速4g", "高速5g", "高速数据", "高速下载", "高速体验", "高速增长", "高速发展",
	"手扶电梯", "扶手电梯", "地铁卡", "公交地铁", "酒店预订", "酒店订", "网上商城", "手机商城", "积分商城", "不在服务区", "校园卡", "校园套餐", "校园网",
	"你们公司", "贵公司", "营业厅", "大学生套餐", "机场贵宾",
	"office hours", "head office", "post office", "back office", "office 365", "box office", "hotel booking", "hotel reservation",
	"old school", "home broadband", "home internet", "metro pass", "lift up", "high school diploma",
}

// liftVerbs follow "lift" when it is a verb, unless an article stands before it.
var liftVerbs = []string{"the", "my", "this", "that", "any", "all", "it", "restrictions", "ban", "your"}

// besides follow a place that the customer is near, not in; before are said in
// front of it.
var (
	besideAfter = []string{"附近", "旁", "对面", "隔壁", "外面", "外头", "以外", "之外", "门口", "周边", "周围", "后面", "边上", "外的", "厅", "口", "间"}
	besideFore  = []string{"路过", "经过", "途经", "等", "near", "near the", "next to", "next to the", "close to", "close to the", "opposite", "opposite the",
		"behind", "behind the", "outside", "outside the", "outside my", "outside of", "in front of", "in front of the", "beside", "beside the",
		"across from the", "passing", "past the", "way to", "way to the", "way to my", "way from the", "towards the", "walking to the", "waiting for the"}
	excludeFore = []string{"除了", "除开", "除", "不是在", "不在", "并非在", "没在", "except", "except in", "except in the", "except for the", "except the",
		"everywhere but the", "everywhere but in the", "other than the", "apart from the", "not in", "not in the", "not at the", "not the"}
	onTheWay = []string{"路上", "途中", "半路", "的路"}
	leaving  = []string{"出了", "离开", "走出", "一出", "out of", "leave", "leaving", "exit the"}
)

// Words that say reception is fine or is not, clause by clause.
var (
	goodWords = []string{"没问题", "没事", "正常", "信号好", "有信号", "满格", "好好的", "好得很", "就好", "还行", "可以打", "通畅", "很好",
		"fine", "ok", "okay", "works", "no problem", "no problems", "no issue", "no issues", "good", "perfect", "great", "full signal", "full bars"}
	badWords = []string{"没信号", "没有信号", "无信号", "没得", "莫得", "冇", "无服务", "不正常", "信号不", "没网", "断", "掉", "打不", "听不", "接不", "上不",
		"差", "弱", "失败", "慢", "卡", "no signal", "no service", "no coverage", "no reception", "no network", "no 4g", "no 5g", "no data", "drop", "drops",
		"dropped", "dead", "lost", "loses", "lose", "fail", "fails", "bad", "weak", "poor", "terrible", "cannot", "can't", "cant", "not", "isn't", "never", "slow", "zero", "cut"}
	clauseWords = []string{"但是", "但", "反而", "只有", "就是", "可是", "不过", "而且", "却", "but", "however", "although", "whereas", "yet", "and"}
)

// traditional maps the characters of these words to simplified ones.
var traditional = map[rune]rune{
	'電': '电', '樓': '楼', '車': '车', '場': '场', '鐵': '铁', '館': '馆', '醫': '医', '學': '学', '區': '区', '鄉': '乡', '庫': '库', '層': '层',
	'裡': '里', '裏': '里', '內': '内', '訊': '信', '號': '号', '無': '无', '會': '会', '斷': '断', '進': '进', '園': '园', '機': '机', '廈': '厦',
	'辦': '办', '寫': '写', '賓': '宾', '遊': '游', '點': '点', '風': '风', '門': '门', '過': '过', '對': '对', '買': '买', '農': '农', '負': '负',
	'東': '东', '國': '国', '際': '际', '華': '华', '廣': '广', '灣': '湾', '龍': '龙', '長': '长', '運': '运', '聯': '联', '銀': '银', '業': '业',
	'寶': '宝', '麗': '丽', '樂': '乐', '萬': '万', '陽': '阳', '島': '岛', '橋': '桥', '鎮': '镇', '縣': '县', '廳': '厅', '財': '财', '貿': '贸',
	'發': '发', '藝': '艺', '術': '术', '體': '体', '動': '动', '書': '书', '圖': '图', '廟': '庙', '關': '关', '馬': '马', '鳳': '凤', '慶': '庆',
	'濱': '滨', '湯': '汤', '漢': '汉', '寧': '宁', '滬': '沪', '蘇': '苏', '豐': '丰', '興': '兴', '順': '顺', '達': '达', '環': '环',
	'購': '购', '貨': '货', '圍': '围', '邊': '边', '間': '间', '離': '离', '開': '开', '線': '线', '壞': '坏', '沒': '没', '網': '网', '題': '题',
}
