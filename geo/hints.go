package geo

import (
	"strings"
)

// Hints is what the free text of a complaint says about where it happened.
type Hints struct {
	Scene    Scene
	Part     Part  // PartLift, PartBasement or PartWhole
	NotPart  Part  // a part the text says it did not happen in
	Floor    int16 // when HasFloor; negative below ground
	HasFloor bool
	Indoor   Indoor
}

// ParseHints reads the scene, part and floor that a text in Chinese or English
// states. It splits the text into clauses, finds words for places in them, and
// leaves out those that are negated ("except in the lift", 不在电梯里), only near
// (医院附近, "outside the mall"), on the way (去机场的路上), or where reception is
// said to be fine (电梯里没问题). Of what remains the most particular scene wins.
// What the text does not say stays unknown. Only its first longestText bytes are read.
func ParseHints(text string) Hints {
	var h Hints
	rank := 0
	cs := clauses(fold(cutText(text, longestText)))
	trouble, money := false, false
	for _, c := range cs {
		trouble = trouble || c.isTrouble()
		money = money || c.has(moneyWords)
	}
	if money && !trouble {
		return h // about a bill: the place is not where reception failed
	}
	var set []mention // named where reception is fine, in the clauses before
	var setFloor int16 = UnknownFloor
	for i, c := range cs {
		if c.has(moneyWords) && !c.isTrouble() {
			continue
		}
		good := c.isGood()
		if i+1 < len(cs) && !good && !c.isBad() && !c.has(troubleWords) && cs[i+1].isGood() && len(cs[i+1].mentions()) == 0 {
			good = true // 电梯里,反而有一格
		}
		if trouble && c.has(otherNetworks) && good {
			good = false
		}
		said := false
		for _, m := range c.mentions() {
			state := c.judge(m)
			if state == excepted {
				// Of "all is fine except X", X is where it is not.
				if good || !c.isBad() && i+1 < len(cs) && cs[i+1].isGood() {
					state = happened
				}
			} else if good && state == happened && !c.leavesBefore(m) {
				state = fineThere
			}
			said = true
			switch {
			case state == fineThere && partOf(m.scene) == PartWhole, state == besideIt && m.to < len(c) && c[m.to] == '口':
				set = append(set, m)
				fallthrough
			case state != happened:
				if p := partOf(m.scene); p != PartWhole && state != besideIt {
					h.NotPart = p
				}
			case m.rank > rank:
				h.Scene, rank = m.scene, m.rank
			}
		}
		if !said && !good && c.isBad() && c.has(insideWords) {
			for _, m := range set { // the lobby is fine, the rooms are not
				if m.rank > rank {
					h.Scene, rank = m.scene, m.rank
				}
			}
			if !h.HasFloor && setFloor != UnknownFloor {
				h.Floor, h.HasFloor = setFloor, true
			}
		}
		if f, ok := floorIn(c); ok && !h.HasFloor && !c.has(notThere) {
			if good {
				setFloor = f
			} else {
				h.Floor, h.HasFloor = f, true
			}
		}
	}
	if h.HasFloor && h.Floor < 0 && rank < 7 { // below ground, whatever building it is
		h.Scene = SceneBasement
	}
	h.Part = partOf(h.Scene)
	if h.NotPart == h.Part {
		h.NotPart = PartWhole
	}
	switch h.Scene {
	case SceneLift, SceneBasement, SceneOfficeTower, SceneHotel, SceneMall, SceneHospital:
		h.Indoor = Inside
	case SceneHighway, SceneTunnel:
		h.Indoor = Travelling
	}
	return h
}

// sceneOfName reads a building's use from its name, where names state it.
func sceneOfName(name string, floors int) Scene {
	best, rank := SceneUnknown, 0
	for _, c := range clauses(fold(name)) {
		for _, m := range c.mentions() {
			if !m.spoken && m.rank > rank && m.scene != SceneHighway && m.scene != SceneTunnel && m.scene != SceneRural {
				best, rank = m.scene, m.rank
			}
		}
		if best == SceneUnknown && floors >= 8 && c.has(towerWords) {
			return SceneOfficeTower
		}
	}
	return best
}

func partOf(s Scene) Part {
	switch s {
	case SceneLift:
		return PartLift
	case SceneBasement:
		return PartBasement
	}
	return PartWhole
}

// verdict says how a clause relates to a place it mentions.
type verdict uint8

const (
	happened  verdict = iota // there
	besideIt                 // near it, or on the way
	excluded                 // said not to be there
	fineThere                // reception is fine there
	excepted                 // unlike the rest
)

func (c clause) judge(m mention) verdict {
	before := strings.TrimSuffix(string(c[:m.from]), " ")
	for _, w := range excludeFore {
		if endsWithWord(before, w) {
			return excluded
		}
	}
	for _, w := range exceptFore {
		if endsWithWord(before, w) {
			return excepted
		}
	}
	if m.scene == SceneHighway || m.scene == SceneTunnel || m.scene == SceneRural || strings.ContainsRune("室房科", c[m.to-1]) {
		return happened // outside the ward is in the hospital
	}
	for _, w := range besideFore {
		if endsWithWord(before, w) {
			return besideIt
		}
	}
	after := string(c[m.to:])
	for _, w := range besideAfter {
		if strings.HasPrefix(after, w) {
			return besideIt
		}
	}
	for _, w := range onTheWay {
		if strings.Contains(after, w) && strings.ContainsAny(before, "去往到回") {
			return besideIt
		}
	}
	return happened
}

func endsWithWord(text, word string) bool {
	if !strings.HasSuffix(text, word) {
		return false
	}
	rest := []rune(strings.TrimSuffix(text, word))
	return len(rest) == 0 || isHan([]rune(word)[0]) || !isLatin(rest[len(rest)-1])
}

// leavesBefore: 出了电梯就好 says that the lift is where it is bad.
func (c clause) leavesBefore(m mention) bool {
	at := c.index(leaving, 0)
	return at >= 0 && at < m.from
}
