-- Views for people with clickhouse-client, Grafana and the like.
{{createView "calls_current"}} AS
SELECT lower(hex(record_id)) AS record, time, day, customer, peer,
    transform(outcome, [0, 1, 2, 3, 4], ['unknown', 'completed', 'poor', 'dropped', 'blocked'], 'other') AS outcome_name,
    duration_s, cause,
    transform(rat, [0, 1, 2, 3, 4], ['unknown', '2g', '3g', '4g', '5g'], 'other') AS rat_name,
    radio_cell, operator, floor,
    transform(indoor, [0, 1, 2, 3], ['unknown', 'indoor', 'outdoor', 'travelling'], 'other') AS indoor_name,
    rating,
    transform(method, [0, 1, 2, 3, 4], ['none', 'coordinates', 'venue', 'address', 'radio_cell'], 'other') AS located_by,
    lat, lon, accuracy_m, replaceRegexpOne(lower(hex(cell)), '^0+', '') AS cell_hex, place,
    transform(scene, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14], ['unknown', 'office_tower', 'lift', 'hotel', 'mall', 'basement', 'highway', 'tourist_site', 'residential', 'hospital', 'campus', 'transit', 'tunnel', 'rural', 'other'], 'other') AS scene_name,
    region
FROM calls FINAL WHERE deleted = 0;

{{createView "complaints_current"}} AS
SELECT lower(hex(record_id)) AS record, time, day, customer, channel, if(appeal = 1, 'appeal', 'complaint') AS kind,
    category, text, address, venue, radio_cell, status,
    transform(method, [0, 1, 2, 3, 4], ['none', 'coordinates', 'venue', 'address', 'radio_cell'], 'other') AS located_by,
    lat, lon, replaceRegexpOne(lower(hex(cell)), '^0+', '') AS cell_hex, place,
    transform(scene, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14], ['unknown', 'office_tower', 'lift', 'hotel', 'mall', 'basement', 'highway', 'tourist_site', 'residential', 'hospital', 'campus', 'transit', 'tunnel', 'rural', 'other'], 'other') AS scene_name,
    region
FROM complaints FINAL WHERE deleted = 0;

{{createView "loads_current"}} AS
SELECT id, feed, source, file, started, transform(state, [1, 2, 3], ['started', 'finished', 'given up'], 'other') AS state_name,
    first_day, last_day, account, profile, profile_version, content_hash
FROM loads FINAL;

{{createView "hotspots_latest"}} AS
SELECT run, rank, id, name, scene, region, lat, lon, impact, avoidable, avoidable_lower, hurt_customers, state, json
FROM run_hotspots FINAL
WHERE run IN (SELECT id FROM runs FINAL ORDER BY created_ns DESC, id DESC LIMIT 1);
