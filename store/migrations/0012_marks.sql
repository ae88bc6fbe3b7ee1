-- marks: labelled points along streets and highways that are no venues (kind: the
-- constants of geo.MarkKind: 1 house, 2 exit, 3 milestone), for addresses and
-- complaints that name them. The views learn the method "between": an address between
-- two known houses, or a corner of two streets.
{{createGlobal "marks"}} (
    id String,
    kind UInt8,
    road String,
    number String,
    names Array(String),
    lat Float64,
    lon Float64,
    load UInt64,
    version UInt64
) ENGINE = {{replacingGlobal "marks" "version"}}
ORDER BY id;

{{dropView "calls_current"}};

{{createView "calls_current"}} AS
SELECT lower(hex(record_id)) AS record, time, day, customer, peer,
    transform(outcome, [0, 1, 2, 3, 4], ['unknown', 'completed', 'poor', 'dropped', 'blocked'], 'other') AS outcome_name,
    duration_s, cause,
    transform(cause_class, [0, 1, 2, 3, 4, 5, 6, 7, 8], ['unknown', 'normal', 'radio_lost', 'handover_failure', 'no_coverage', 'congestion', 'core', 'device', 'user'], 'other') AS cause_class_name,
    transform(rat, [0, 1, 2, 3, 4], ['unknown', '2g', '3g', '4g', '5g'], 'other') AS rat_name,
    radio_cell, operator, floor,
    transform(indoor, [0, 1, 2, 3], ['unknown', 'indoor', 'outdoor', 'travelling'], 'other') AS indoor_name,
    rating,
    transform(method, [0, 1, 2, 3, 4, 5], ['none', 'coordinates', 'venue', 'address', 'radio_cell', 'between'], 'other') AS located_by,
    lat, lon, accuracy_m, replaceRegexpOne(lower(hex(cell)), '^0+', '') AS cell_hex, place,
    transform(scene, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14], ['unknown', 'office_tower', 'lift', 'hotel', 'mall', 'basement', 'highway', 'tourist_site', 'residential', 'hospital', 'campus', 'transit', 'tunnel', 'rural', 'other'], 'other') AS scene_name,
    region
FROM calls FINAL WHERE deleted = 0;

{{dropView "complaints_current"}};

{{createView "complaints_current"}} AS
SELECT lower(hex(record_id)) AS record, time, day, customer, channel, if(appeal = 1, 'appeal', 'complaint') AS kind,
    category, text, address, venue, radio_cell, status,
    transform(method, [0, 1, 2, 3, 4, 5], ['none', 'coordinates', 'venue', 'address', 'radio_cell', 'between'], 'other') AS located_by,
    lat, lon, replaceRegexpOne(lower(hex(cell)), '^0+', '') AS cell_hex, place,
    transform(scene, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14], ['unknown', 'office_tower', 'lift', 'hotel', 'mall', 'basement', 'highway', 'tourist_site', 'residential', 'hospital', 'campus', 'transit', 'tunnel', 'rural', 'other'], 'other') AS scene_name,
    region
FROM complaints FINAL WHERE deleted = 0;
