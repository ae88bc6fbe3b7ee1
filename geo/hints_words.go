package geo

import "slices"

// The vocabulary of Hints: what customers call kinds of places. Chinese words are
// found anywhere in the text (simplified; traditional characters are mapped
// first), English ones as whole words, plural or not.

// sceneVocabulary are the words for a scene.
type sceneVocabulary struct {
	scene Scene
	rank  int
	words []string
}

// sceneWords are the words for a scene. Where several scenes are named, the one
// with the highest rank is meant: the lift of a hotel is a lift.
var sceneWords = []sceneVocabulary{
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

// spokenWords are further words that mean a scene in a complaint but not in a
// building's name: a bedroom is somebody's home, "Kitchen" is a restaurant.
var spokenWords = []sceneVocabulary{
	{SceneLift, 9, []string{"轿厢", "轿箱", "𨋢"}},
	{SceneTunnel, 8, []string{"地下通道", "地下道", "下穿", "过街通道", "涵洞", "underpass"}},
	{SceneBasement, 7, []string{"地底停车", "地下停", "地牢", "地窖", "cellar", "underground level", "underground floor", "lower ground",
		"sub basement", "sub-basement", "parking garage", "garage under", "garage level", "parking level"}},
	{SceneTransit, 5, []string{"火车", "列车", "车厢", "站厅", "公交枢纽", "公交总站", "巴士", "大巴上", "有轨电车", "轮渡", "渡轮", "登机口", "安检口", "港铁", "枢纽站", "码头候船",
		"train", "on the bus", "on the tram", "tram", "light rail", "lrt", "ferry", "commuter rail", "commuter train", "departure gate",
		"boarding gate", "departure lounge"}},
	{SceneHospital, 5, []string{"卫生院", "卫生所", "卫生服务", "卫生站", "诊所", "保健院", "手术室", "输液", "产房", "产科", "重症", "体检中心", "化验科", "检验科", "放射科", "药房", "看病", "看诊", "疗养院",
		"infirmary", "ward", "emergency room", "the er", "icu", "maternity", "medical centre", "medical center", "operating room",
		"operating theatre", "surgery waiting", "doctor's office", "dentist", "nursing home", "polyclinic"}},
	{SceneHotel, 5, []string{"客房", "大床房", "标间", "双床房", "青旅", "青年旅舍", "旅舍", "如家", "汉庭", "全季", "亚朵", "锦江之星", "希尔顿", "万豪", "洲际",
		"香格里拉", "喜来登", "凯悦", "民宿", "农家院", "hilton", "marriott", "hyatt", "sheraton", "holiday inn", "ibis", "novotel", "radisson", "westin",
		"shangri-la", "airbnb", "b&b", "bed & breakfast", "bed and breakfast", "guest room", "hotel room", "banquet hall", "inn"}},
	{SceneMall, 5, []string{"超市", "菜市场", "农贸市场", "菜场", "街市", "市集", "集市", "商业广场", "商业街", "步行街", "美食城", "美食街", "美食广场", "电影院", "影城", "影院",
		"卖场", "商店", "商铺", "店铺", "便利店", "专柜", "书店", "奥特莱斯", "奥莱", "宜家", "沃尔玛", "家乐福", "大润发", "永辉", "山姆", "银泰", "天街", "万达", "逛街",
		"supermarket", "grocery store", "food court", "outlet", "hypermarket", "anchor store", "retail park",
		"shopping plaza", "cinema", "movie theater", "movie theatre", "ikea", "walmart", "costco", "westfield", "tesco", "in the store"}},
	{SceneCampus, 5, []string{"宿舍", "寝室", "图书馆", "自习室", "幼儿园", "幼稚园", "高中", "初中", "实训楼", "实验楼", "大学城", "操场", "课堂", "上课", "学生公寓", "讲堂",
		"library", "seminar room", "lecture theatre", "lecture theater", "kindergarten", "student housing", "student hall", "uni", "schoolyard"}},
	{SceneTouristSite, 5, []string{"古城", "古街", "寺庙", "寺院", "寺里", "庙里", "公园", "山顶", "登山", "爬山", "黄山", "泰山", "华山", "峨眉山", "漂流", "滑雪场", "沙滩", "海滩", "露营", "营地",
		"植物园", "海洋馆", "水族馆", "展览馆", "美术馆", "纪念馆", "兵马俑", "水上乐园", "观景台", "索道", "缆车", "石窟", "瀑布", "峡谷", "湿地", "西湖", "旅游景", "看日出",
		"游览", "旅游时", "state park", "amusement park", "water park", "fortress", "castle", "aquarium", "waterfall", "hiking", "trail",
		"beach", "lookout", "viewpoint", "campground", "campsite", "monument", "palace", "sightseeing", "botanical garden", "botanic garden", "old town",
		"ski slope", "safari", "attraction", "art gallery", "disney", "heritage site", "pagoda"}},
	{SceneHighway, 5, []string{"省道", "县道", "高架", "快速路", "绕城", "服务区", "立交", "内环", "外环", "中环线", "环线", "公路", "应急车道", "hwy", "beltway", "parkway",
		"off-ramp", "on-ramp", "off ramp", "on ramp", "exit ramp", "mile marker", "milepost", "mile post", "rest stop", "rest area", "service plaza",
		"services on the", "inner loop", "outer loop", "carriageway", "hard shoulder", "truck stop", "tollbooth", "toll booth"}},
	{SceneOfficeTower, 4, []string{"上班", "工位", "会议室", "开会", "楼宇", "金融中心", "科技园", "产业园", "创业园", "软件园", "单位里", "公司楼", "公司在", "在单位", "商务中心",
		"总部", "工作室", "work desk", "my desk", "at work", "where i work", "cubicle", "conference room", "meeting room", "boardroom", "business park",
		"business centre", "business center", "headquarters", "skyscraper", "coworking", "co-working", "workstation"}},
	{SceneResidential, 3, []string{"屋企", "屋里头", "屋内", "屋子", "家里头", "家门", "我们家", "自家", "卧室", "房子", "客厅", "厨房", "阳台", "厕所", "卫生间", "出租屋", "租的房", "租房",
		"自建房", "新房", "楼盘", "家属院", "家属楼", "别墅", "单元楼", "居民楼", "安置房", "廉租房", "公租房", "城中村", "四合院", "弄堂", "胡同", "社区", "花园里", "单元",
		"condo", "condominium", "townhouse", "town house", "kitchen", "bathroom", "backyard", "my yard", "my garden", "neighborhood", "neighbourhood", "subdivision",
		"hdb", "residential", "residence", "villa", "housing estate", "tower block", "work from home", "working from home", "our house", "our home", "my place",
		"inside my house", "in my flat", "inside my flat", "at my house", "home office", "studio flat", "duplex", "bungalow", "the house"}},
	{SceneRural, 2, []string{"我们村", "本村", "村上", "村头", "村口", "村民", "全村", "村委", "村边", "屯子", "自然村", "果园", "鱼塘", "田里", "地里", "田间", "大棚", "庄稼", "养殖场", "牧场",
		"林场", "偏远", "老家", "农场", "农家", "乡镇", "山坡", "山上", "山区", "大山", "寨子", "生产队", "ranch", "barn", "cottage", "cornfield", "country road",
		"country lane", "back road", "dirt road", "orchard", "middle of nowhere", "hamlet", "remote area", "pasture"}},
}

// fuzzyWords are English words long and plain enough to be known with one letter
// wrong, missing, doubled or swapped.
var fuzzyWords = []string{"elevator", "basement", "highway", "motorway", "expressway", "hospital", "university", "apartment", "airport", "subway", "underground",
	"supermarket", "residential", "shopping", "conference", "apartment", "interstate", "countryside"}

// notPlaces contain a word for a place and mean something else.
var notPlaces = setOf(
	"高速上网", "高速网", "高速流量", "高速套餐", "高速率", "高速宽带", "高速4g", "高速5g", "高速数据", "高速下载", "高速体验", "高速增长", "高速发展",
	"手扶电梯", "扶手电梯", "地铁卡", "公交地铁", "酒店预订", "酒店订", "网上商城", "手机商城", "积分商城", "不在服务区", "校园卡", "校园套餐", "校园网",
	"你们公司", "贵公司", "营业厅", "大学生套餐", "机场贵宾",
	"会员酒店", "酒店权益", "酒店会员", "隧道费", "vpn tunnel", "lift-to-wake", "farm out", "farming out", "metro fiber", "train of", "trains of", "library card",
	"cell tower", "office hours", "head office", "post office", "back office", "office 365", "box office", "hotel booking", "hotel reservation",
	"old school", "home broadband", "home internet", "metro pass", "lift up", "high school diploma")

// towerWords are in the names of towers without another use.
var towerWords = setOf("tower", "plaza", "大楼")

// liftVerbs follow "lift" when it is a verb, unless an article stands before it.
var liftVerbs = []string{"the", "my", "this", "that", "any", "all", "it", "restrictions", "ban", "your"}

// besides follow a place that the customer is near, not in; before are said in
// front of it.
var (
	besideAfter = []string{"附近", "旁", "对面", "隔壁", "外面", "外头", "以外", "之外", "门口", "周边", "周围", "后面", "边上", "外的", "厅", "口", "间"}
	besideFore  = []string{"路过", "经过", "途经", "等", "near", "near the", "next to", "next to the", "close to", "close to the", "opposite", "opposite the",
		"behind", "behind the", "outside", "outside the", "outside my", "outside of", "in front of", "in front of the", "beside", "beside the",
		"across from the", "above the", "above a", "below the", "passing", "past the", "bus to", "drive to", "drive to the", "going to", "going to the", "way to", "way to the", "way to my", "way from the", "towards the", "walking to the", "waiting for the"}
	excludeFore = []string{"不是在", "不是", "不在", "并非在", "没在", "not in", "not in the", "not at", "not at the", "not the", "rather than", "rather than the"}
	// exceptFore set a place against the rest, which is fine or is not.
	exceptFore = []string{"除了", "除开", "除去", "除咗", "除", "except", "except in", "except in the", "except inside the", "except at", "except for the", "except the",
		"everywhere but the", "everywhere but in the", "other than the", "other than in the", "apart from the", "apart from in the", "aside from the"}
	notThere = setOf(append(slices.Clone(excludeFore), exceptFore...)...)
	onTheWay = []string{"路上", "途中", "半路", "的路"}
	leaving  = setOf("出了", "离开", "走出", "一出", "out of", "leave", "leaving", "exit the")
)

// Words that say reception is fine or is not, clause by clause.
var (
	goodWords = setOf("没问题", "没有问题", "没得问题", "冇问题", "没事", "正常", "信号好", "信号很好", "信号挺好", "挺好", "有信号", "满格", "好好的", "好得很", "就好", "还行", "还可以",
		"都可以", "可以打", "能打", "能用", "通畅", "很好", "还有一格", "有一格", "都有格", "反而有",
		"fine", "ok", "okay", "works", "no problem", "no problems", "no issue", "no issues", "good", "perfect", "great", "full signal", "full bars", "five bars", "4 bars", "5 bars")
	// goodEnds say so at the end of a clause only.
	goodEnds = []string{"可以", "都行", "都好", "就行", "就有"}
	badWords = setOf("没信号", "没有信号", "没讯号", "无信号", "没得", "莫得", "冇", "无服务", "不正常", "信号不", "没网", "断", "掉", "打不", "听不", "接不", "上不", "不行", "没有了",
		"差", "弱", "失败", "慢", "卡", "no signal", "no service", "no coverage", "no reception", "no network", "no 4g", "no 5g", "no data", "drop", "drops", "dropt",
		"dropped", "dead", "lost", "loses", "lose", "fail", "fails", "bad", "weak", "poor", "terrible", "cannot", "can't", "cant", "not", "isn't", "never", "slow", "zero", "cut", "one bar", "single bar")
	// badEnds say so at the end of a clause only.
	badEnds     = []string{"没有", "就没了", "不行", "none", "nothing", "are not", "is not"}
	clauseWords = setOf("但是", "但", "反而", "反倒", "只有", "就是", "可是", "不过", "而且", "却", "到了", "but", "however", "although", "though", "whereas", "while", "yet", "and", "only")

	// insideWords continue a place named before: "the lobby is fine, the rooms are not".
	insideWords = setOf("里面", "里头", "里边", "房间", "屋里", "屋内", "inside", "room", "rooms", "in there")
	// otherNetworks may be fine while ours is not.
	otherNetworks = setOf("wifi", "wi-fi", "宽带", "无线网", "固话", "座机", "联通", "电信", "其他运营商", "broadband", "landline", "other networks", "other carrier", "other carriers")
)

// troubleWords say that a text is about reception; moneyWords that it is about
// bills, contracts and shops, where a place is none where reception failed.
var (
	troubleWords = setOf("信号", "讯号", "断线", "断了", "断断", "掉线", "掉话", "通话", "电话断", "打电话", "打不", "听不", "接不", "接唔", "收唔", "打唔", "上唔", "上不了网", "断网", "没网", "没有网", "冇网",
		"无服务", "无网络", "网络不", "网络卡", "网络差", "覆盖", "基站", "杂音", "语音", "导航", "没声音", "必断", "老断", "又断", "会断", "中断", "只有e", "2g", "3g", "4g", "5g",
		"signal", "signel", "coverage", "reception", "no service", "drop", "drops", "dropped", "dropping", "dropt", "call cut", "calls cut", "cuts out", "cuts off", "cut off",
		"cut out", "dead zone", "dead spot", "no bars", "zero bars", "one bar", "voice breaks", "breaking up", "can't hear", "cannot hear", "no data", "no network", "call fails",
		"calls fail", "calls never connect", "cannot call", "can't call", "keep a call", "make a call", "make calls", "get through", "lost call", "emergency calls only",
		"sos only", "cell service", "phone service", "mobile service")
	moneyWords = setOf("扣费", "乱扣", "多扣", "扣了", "扣款", "扣我", "代扣", "话费", "余额", "账单", "套餐", "资费", "积分", "发票", "充值", "退订", "退费", "退款", "停机", "营业厅", "携号", "合约", "违约金",
		"会员", "权益", "优惠", "发货", "快递", "装宽带", "宽带安装", "装机", "师傅", "上门", "赔偿", "彩铃", "流量包", "流量莫名", "订购", "乱收费", "收费标准", "客服", "态度", "兑换", "办卡", "销户",
		"bill", "billed", "billing", "charge", "charged", "charging", "overcharge", "overcharged", "fee", "refund", "invoice", "plan", "subscription", "payment", "paid", "contract", "promotion",
		"discount", "credit", "credited", "voucher", "point", "cancel", "modem", "technician", "customer service", "price", "pricing", "data cap", "account", "upgrade", "staff",
		"installation", "sales rep", "pass")
)
