package geo

// osmBlock is a block's shared data.
type osmBlock struct {
	strings        []string
	granularity    int64
	latOff, lonOff int64
	visit          func(*osmObject) error
}

func decodeBlock(data []byte, visit func(*osmObject) error) error {
	b := osmBlock{granularity: 100, visit: visit}
	var groups [][]byte
	err := eachField(data, func(f field) error {
		switch f.number {
		case 1:
			return eachField(f.bytes, func(s field) error {
				if s.number == 1 {
					b.strings = append(b.strings, string(s.bytes))
				}
				return nil
			})
		case 2:
			groups = append(groups, f.bytes)
		case 17:
			b.granularity = int64(f.value)
		case 19:
			b.latOff = int64(f.value)
		case 20:
			b.lonOff = int64(f.value)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, g := range groups { // after the offsets, wherever those stood
		err := eachField(g, func(f field) error {
			switch f.number {
			case 1:
				return b.node(f.bytes)
			case 2:
				return b.dense(f.bytes)
			case 3:
				return b.way(f.bytes)
			case 4:
				return b.relation(f.bytes)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (b *osmBlock) position(lat, lon int64) LatLon {
	return LatLon{Lat: 1e-9 * float64(b.latOff+b.granularity*lat), Lon: 1e-9 * float64(b.lonOff+b.granularity*lon)}
}

func (b *osmBlock) text(i uint64) (string, error) {
	if i >= uint64(len(b.strings)) {
		return "", errDamaged
	}
	return b.strings[i], nil
}

func (b *osmBlock) tags(keys, values packed) (osmTags, error) {
	var t osmTags
	for {
		k, ok := keys.next()
		if !ok {
			return t, nil
		}
		v, ok := values.next()
		if !ok {
			return nil, errDamaged
		}
		key, err := b.text(k)
		if err != nil {
			return nil, err
		}
		value, err := b.text(v)
		if err != nil {
			return nil, err
		}
		if t == nil {
			t = osmTags{}
		}
		t[key] = value
	}
}

func (b *osmBlock) node(data []byte) error {
	o := osmObject{kind: osmNode}
	var keys, values packed
	var lat, lon int64
	err := eachField(data, func(f field) error {
		switch f.number {
		case 1:
			o.id = zigzag(f.value)
		case 2:
			keys = f.bytes
		case 3:
			values = f.bytes
		case 8:
			lat = zigzag(f.value)
		case 9:
			lon = zigzag(f.value)
		}
		return nil
	})
	if err != nil {
		return err
	}
	o.pos = b.position(lat, lon)
	if o.tags, err = b.tags(keys, values); err != nil {
		return err
	}
	return b.visit(&o)
}

// dense decodes nodes packed in columns, each number the difference to the one before.
func (b *osmBlock) dense(data []byte) error {
	var ids, lats, lons, tags packed
	err := eachField(data, func(f field) error {
		switch f.number {
		case 1:
			ids = f.bytes
		case 8:
			lats = f.bytes
		case 9:
			lons = f.bytes
		case 10:
			tags = f.bytes
		}
		return nil
	})
	if err != nil {
		return err
	}
	var id, lat, lon int64
	for {
		d, ok := ids.signed()
		if !ok {
			return nil
		}
		dLat, ok1 := lats.signed()
		dLon, ok2 := lons.signed()
		if !ok1 || !ok2 {
			return errDamaged
		}
		id, lat, lon = id+d, lat+dLat, lon+dLon
		o := osmObject{kind: osmNode, id: id, pos: b.position(lat, lon)}
		for len(tags) > 0 { // key, value, key, value, …, 0
			k, ok := tags.next()
			if !ok {
				return errDamaged
			}
			if k == 0 {
				break
			}
			v, ok := tags.next()
			if !ok {
				return errDamaged
			}
			key, err := b.text(k)
			if err != nil {
				return err
			}
			value, err := b.text(v)
			if err != nil {
				return err
			}
			if o.tags == nil {
				o.tags = osmTags{}
			}
			o.tags[key] = value
		}
		if err := b.visit(&o); err != nil {
			return err
		}
	}
}

func (b *osmBlock) way(data []byte) error {
	o := osmObject{kind: osmWay}
	var keys, values, refs packed
	err := eachField(data, func(f field) error {
		switch f.number {
		case 1:
			o.id = int64(f.value)
		case 2:
			keys = f.bytes
		case 3:
			values = f.bytes
		case 8:
			refs = f.bytes
		}
		return nil
	})
	if err != nil {
		return err
	}
	if o.tags, err = b.tags(keys, values); err != nil {
		return err
	}
	id := int64(0)
	for {
		d, ok := refs.signed()
		if !ok {
			return b.visit(&o)
		}
		id += d
		o.nodes = append(o.nodes, id)
	}
}

func (b *osmBlock) relation(data []byte) error {
	o := osmObject{kind: osmRelation}
	var keys, values, roles, ids, kinds packed
	err := eachField(data, func(f field) error {
		switch f.number {
		case 1:
			o.id = int64(f.value)
		case 2:
			keys = f.bytes
		case 3:
			values = f.bytes
		case 8:
			roles = f.bytes
		case 9:
			ids = f.bytes
		case 10:
			kinds = f.bytes
		}
		return nil
	})
	if err != nil {
		return err
	}
	if o.tags, err = b.tags(keys, values); err != nil {
		return err
	}
	id := int64(0)
	for {
		d, ok := ids.signed()
		if !ok {
			return b.visit(&o)
		}
		role, ok1 := roles.next()
		kind, ok2 := kinds.next()
		if !ok1 || !ok2 || kind > 2 {
			return errDamaged
		}
		id += d
		name, err := b.text(role)
		if err != nil {
			return err
		}
		o.members = append(o.members, osmMember{kind: osmKind(kind), id: id, role: name})
	}
}
