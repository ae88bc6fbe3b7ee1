package geo

import (
	"strings"
	"unicode"
)

// Hints is what the free text of a complaint says about where it happened.
type Hints struct {
	Scene    Scene
	Part     Part  // lift, basement or whole
	NotPart  Part  // a part the text says it did not happen in
	Floor    int16 // when HasFloor
	HasFloor bool
	Indoor   Indoor
}

func isNameRune(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) }

var sceneWords = []struct {
	scene Scene
	words []string
}{
	{SceneLift, []string{"电梯", "elevator", "lift"}},
	{SceneBasement, []string{"地下室", "地库", "地下车库", "停车场", "basement", "underground parking", "garage"}},
	{SceneHighway, []string{"高速", "highway", "motorway", "expressway", "freeway"}},
	{SceneTunnel, []string{"隧道", "tunnel"}},
	{SceneTransit, []string{"地铁", "火车站", "高铁", "subway", "metro", "train station"}},
	{SceneHospital, []string{"医院", "hospital"}},
	{SceneHotel, []string{"酒店", "宾馆", "hotel"}},
	{SceneMall, []string{"商场", "购物中心", "mall", "shopping centre", "shopping center"}},
	{SceneCampus, []string{"学校", "校园", "大学", "campus", "university", "school"}},
	{SceneTouristSite, []string{"景区", "景点", "scenic", "tourist"}},
	{SceneOfficeTower, []string{"写字楼", "办公楼", "office"}},
	{SceneResidential, []string{"小区", "家里", "residential", "apartment"}},
}

// ParseHints reads the scene, part and floor that a text states.
func ParseHints(text string) Hints {
	var h Hints
	lower := strings.ToLower(text)
	for _, s := range sceneWords {
		for _, w := range s.words {
			if h.Scene == SceneUnknown && strings.Contains(lower, w) {
				h.Scene = s.scene
			}
		}
	}
	switch h.Scene {
	case SceneLift:
		h.Part, h.Indoor = PartLift, Inside
	case SceneBasement:
		h.Part, h.Indoor = PartBasement, Inside
	}
	return h
}

// sceneOfName reads a building's use from its name, where names state it.
func sceneOfName(name string, floors int) Scene {
	h := ParseHints(name)
	if h.Scene == SceneUnknown && (strings.HasSuffix(name, "大厦") || floors >= 8 && strings.HasSuffix(name, "Tower")) {
		return SceneOfficeTower
	}
	return h.Scene
}
