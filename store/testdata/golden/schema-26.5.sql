CREATE TABLE calls (`record_id` FixedString(16) CODEC(NONE),
    `time` DateTime('UTC'),
    `day` Date DEFAULT toDate(toUInt16(intDiv(toUInt32(time), 86400))),
    `precision` UInt8,
    `customer` UInt64,
    `peer` UInt64,
    `outcome` UInt8,
    `duration_s` Float32,
    `cause` LowCardinality(String),
    `cause_class` UInt8 DEFAULT 0,
    `rat` UInt8,
    `radio_cell` LowCardinality(String),
    `operator` LowCardinality(String),
    `floor` Int16,
    `indoor` UInt8,
    `rating` UInt8,
    `method` UInt8,
    `lat` Float64,
    `lon` Float64,
    `accuracy_m` Float32,
    `cell` UInt64,
    `place` UInt64,
    `scene` UInt8,
    `region` LowCardinality(String),
    `fingerprint` UInt64 CODEC(NONE),
    `load` UInt64,
    `version` UInt64,
    `deleted` UInt8 DEFAULT 0)
ENGINE = ReplacingMergeTree(version)
PARTITION BY toYYYYMM(day)
ORDER BY (day, record_id)
SETTINGS index_granularity = 8192;

CREATE VIEW calls_current (`record` String,
    `time` DateTime('UTC'),
    `day` Date,
    `customer` UInt64,
    `peer` UInt64,
    `outcome_name` String,
    `duration_s` Float32,
    `cause` LowCardinality(String),
    `cause_class_name` String,
    `rat_name` String,
    `radio_cell` LowCardinality(String),
    `operator` LowCardinality(String),
    `floor` Int16,
    `indoor_name` String,
    `rating` UInt8,
    `located_by` String,
    `lat` Float64,
    `lon` Float64,
    `accuracy_m` Float32,
    `cell_hex` String,
    `place` UInt64,
    `scene_name` String,
    `region` LowCardinality(String))
AS SELECT lower(hex(record_id)) AS record, time, day, customer, peer, transform(outcome, [0, 1, 2, 3, 4], ['unknown', 'completed', 'poor', 'dropped', 'blocked'], 'other') AS outcome_name, duration_s, cause, transform(cause_class, [0, 1, 2, 3, 4, 5, 6, 7, 8], ['unknown', 'normal', 'radio_lost', 'handover_failure', 'no_coverage', 'congestion', 'core', 'device', 'user'], 'other') AS cause_class_name, transform(rat, [0, 1, 2, 3, 4], ['unknown', '2g', '3g', '4g', '5g'], 'other') AS rat_name, radio_cell, operator, floor, transform(indoor, [0, 1, 2, 3], ['unknown', 'indoor', 'outdoor', 'travelling'], 'other') AS indoor_name, rating, transform(method, [0, 1, 2, 3, 4, 5], ['none', 'coordinates', 'venue', 'address', 'radio_cell', 'between'], 'other') AS located_by, lat, lon, accuracy_m, replaceRegexpOne(lower(hex(cell)), '^0+', '') AS cell_hex, place, transform(scene, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14], ['unknown', 'office_tower', 'lift', 'hotel', 'mall', 'basement', 'highway', 'tourist_site', 'residential', 'hospital', 'campus', 'transit', 'tunnel', 'rural', 'other'], 'other') AS scene_name, region
FROM calls FINAL WHERE deleted = 0;

CREATE TABLE choices (`id` UInt64,
    `places` Array(UInt64),
    `weights` Array(Float64),
    `version` UInt64)
ENGINE = ReplacingMergeTree(version)
ORDER BY id
SETTINGS index_granularity = 8192;

CREATE TABLE complaints (`record_id` FixedString(16) CODEC(NONE),
    `time` DateTime('UTC'),
    `day` Date DEFAULT toDate(toUInt16(intDiv(toUInt32(time), 86400))),
    `precision` UInt8,
    `customer` UInt64,
    `channel` LowCardinality(String),
    `appeal` UInt8,
    `category` LowCardinality(String),
    `text` String CODEC(ZSTD(3)),
    `address` String CODEC(ZSTD(3)),
    `venue` String,
    `radio_cell` LowCardinality(String),
    `status` LowCardinality(String),
    `method` UInt8,
    `lat` Float64,
    `lon` Float64,
    `accuracy_m` Float32,
    `cell` UInt64,
    `place` UInt64,
    `scene` UInt8,
    `region` LowCardinality(String),
    `fingerprint` UInt64 CODEC(NONE),
    `load` UInt64,
    `version` UInt64,
    `deleted` UInt8 DEFAULT 0)
ENGINE = ReplacingMergeTree(version)
PARTITION BY toYYYYMM(day)
ORDER BY (day, record_id)
SETTINGS index_granularity = 8192;

CREATE VIEW complaints_current (`record` String,
    `time` DateTime('UTC'),
    `day` Date,
    `customer` UInt64,
    `channel` LowCardinality(String),
    `kind` String,
    `category` LowCardinality(String),
    `text` String,
    `address` String,
    `venue` String,
    `radio_cell` LowCardinality(String),
    `status` LowCardinality(String),
    `located_by` String,
    `lat` Float64,
    `lon` Float64,
    `cell_hex` String,
    `place` UInt64,
    `scene_name` String,
    `region` LowCardinality(String))
AS SELECT lower(hex(record_id)) AS record, time, day, customer, channel, if(appeal = 1, 'appeal', 'complaint') AS kind, category, text, address, venue, radio_cell, status, transform(method, [0, 1, 2, 3, 4, 5], ['none', 'coordinates', 'venue', 'address', 'radio_cell', 'between'], 'other') AS located_by, lat, lon, replaceRegexpOne(lower(hex(cell)), '^0+', '') AS cell_hex, place, transform(scene, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14], ['unknown', 'office_tower', 'lift', 'hotel', 'mall', 'basement', 'highway', 'tourist_site', 'residential', 'hospital', 'campus', 'transit', 'tunnel', 'rural', 'other'], 'other') AS scene_name, region
FROM complaints FINAL WHERE deleted = 0;

CREATE TABLE events (`hotspot` String,
    `time` DateTime('UTC'),
    `time_ns` Int64,
    `id` String,
    `kind` String,
    `actor` String,
    `data` String)
ENGINE = ReplacingMergeTree(time_ns)
ORDER BY (hotspot, time_ns, id)
SETTINGS index_granularity = 8192;

CREATE TABLE facts (`name` String,
    `value` String,
    `version` UInt64)
ENGINE = ReplacingMergeTree(version)
ORDER BY name
SETTINGS index_granularity = 8192;

CREATE VIEW hotspots_latest (`run` String,
    `rank` UInt32,
    `id` String,
    `name` String,
    `scene` String,
    `region` String,
    `lat` Float64,
    `lon` Float64,
    `impact` Float64,
    `avoidable` Float64,
    `avoidable_lower` Float64,
    `hurt_customers` UInt32,
    `state` String,
    `json` String)
AS SELECT run, rank, id, name, scene, region, lat, lon, impact, avoidable, avoidable_lower, hurt_customers, state, json
FROM run_hotspots FINAL WHERE run IN (SELECT id
FROM runs FINAL
ORDER BY created_ns DESC, id DESC LIMIT 1);

CREATE TABLE loads (`id` String,
    `key` UInt64,
    `feed` String,
    `source` String,
    `file` String,
    `content_hash` String,
    `profile` String,
    `profile_version` String,
    `started` DateTime('UTC'),
    `version` UInt64,
    `state` UInt8,
    `account` String,
    `first_day` Date,
    `last_day` Date,
    `seq` UInt64)
ENGINE = ReplacingMergeTree(seq)
ORDER BY id
SETTINGS index_granularity = 8192;

CREATE VIEW loads_current (`id` String,
    `feed` String,
    `source` String,
    `file` String,
    `started` DateTime('UTC'),
    `state_name` String,
    `first_day` Date,
    `last_day` Date,
    `account` String,
    `profile` String,
    `profile_version` String,
    `content_hash` String)
AS SELECT id, feed, source, file, started, transform(state, [1, 2, 3], ['started', 'finished', 'given up'], 'other') AS state_name, first_day, last_day, account, profile, profile_version, content_hash
FROM loads FINAL;

CREATE TABLE marks (`id` String,
    `kind` UInt8,
    `road` String,
    `number` String,
    `names` Array(String),
    `lat` Float64,
    `lon` Float64,
    `load` UInt64,
    `version` UInt64)
ENGINE = ReplacingMergeTree(version)
ORDER BY id
SETTINGS index_granularity = 8192;

CREATE TABLE perceived (`day` Date,
    `record_id` FixedString(16) CODEC(NONE),
    `generation` UInt64)
ENGINE = ReplacingMergeTree(generation)
PARTITION BY toYYYYMM(day)
ORDER BY (day, record_id)
SETTINGS index_granularity = 8192;

CREATE VIEW perceived_current (`day` Date,
    `record` String,
    `felt_by` String)
AS SELECT day, lower(hex(record_id)) AS record, transform(sum(rule), [1, 2, 3], ['redial', 'short calls', 'redial, short calls'], 'other') AS felt_by
FROM (SELECT day, record_id, rule
FROM (SELECT DISTINCT day, record_id, generation, 1 AS rule
FROM perceived UNION ALL SELECT DISTINCT day, record_id, generation, 2 AS rule
FROM short_runs) AS flagged ANY LEFT JOIN (SELECT day, max(generation) AS present
FROM perceived_days GROUP BY day) AS switched USING (day) WHERE (present > 0) AND (generation >= present) GROUP BY day, record_id, rule) GROUP BY day, record_id;

CREATE TABLE perceived_days (`day` Date,
    `generation` UInt64)
ENGINE = ReplacingMergeTree(generation)
ORDER BY day
SETTINGS index_granularity = 8192;

CREATE TABLE placed (`load` UInt64,
    `catalogue` String,
    `seq` UInt64)
ENGINE = ReplacingMergeTree(seq)
ORDER BY load
SETTINGS index_granularity = 8192;

CREATE TABLE regions (`code` String,
    `name` String,
    `level` String,
    `parent` String,
    `geometry` String CODEC(ZSTD(3)),
    `load` UInt64,
    `version` UInt64)
ENGINE = ReplacingMergeTree(version)
ORDER BY code
SETTINGS index_granularity = 8192;

CREATE TABLE rejects (`feed` String,
    `source` String,
    `content_hash` String,
    `file` String,
    `line` UInt64,
    `reason` String,
    `detail` String,
    `raw` String CODEC(ZSTD(3)),
    `profile_version` String,
    `context` String CODEC(ZSTD(3)),
    `time` DateTime('UTC'),
    `load` UInt64,
    `version` UInt64)
ENGINE = ReplacingMergeTree(version)
ORDER BY (feed, source, content_hash, line, reason, detail)
SETTINGS index_granularity = 8192;

CREATE TABLE run_hotspots (`run` String,
    `rank` UInt32,
    `id` String,
    `name` String,
    `scene` String,
    `region` String,
    `lat` Float64,
    `lon` Float64,
    `impact` Float64,
    `avoidable` Float64,
    `avoidable_lower` Float64,
    `hurt_customers` UInt32,
    `state` String,
    `members` Array(UInt64),
    `json` String CODEC(ZSTD(3)),
    `created_ns` Int64)
ENGINE = ReplacingMergeTree(created_ns)
ORDER BY (run, rank, id)
SETTINGS index_granularity = 8192;

CREATE TABLE runs (`id` String,
    `created` DateTime('UTC'),
    `created_ns` Int64,
    `method` String,
    `window_start` DateTime('UTC'),
    `window_end` DateTime('UTC'),
    `region` String,
    `hotspots` UInt32,
    `data_version` String,
    `query` String,
    `json` String CODEC(ZSTD(3)))
ENGINE = ReplacingMergeTree(created_ns)
ORDER BY id
SETTINGS index_granularity = 8192;

CREATE TABLE schema_migrations (`id` UInt32,
    `name` String,
    `checksum` String,
    `applied` DateTime('UTC'),
    `clickhouse` String)
ENGINE = ReplacingMergeTree
ORDER BY (id, checksum)
SETTINGS index_granularity = 8192;

CREATE TABLE short_runs (`day` Date,
    `record_id` FixedString(16) CODEC(NONE),
    `generation` UInt64)
ENGINE = ReplacingMergeTree(generation)
PARTITION BY toYYYYMM(day)
ORDER BY (day, record_id)
SETTINGS index_granularity = 8192;

CREATE TABLE signposts (`venue` String,
    `km_from` Float64,
    `km_to` Float64,
    `load` UInt64,
    `version` UInt64)
ENGINE = ReplacingMergeTree(version)
ORDER BY venue
SETTINGS index_granularity = 8192;

CREATE TABLE sites (`radio_cell` String,
    `site` String,
    `lat` Float64,
    `lon` Float64,
    `azimuth_deg` Float64,
    `beamwidth_deg` Float64,
    `range_m` Float64,
    `rat` UInt8,
    `indoor` UInt8,
    `load` UInt64,
    `version` UInt64)
ENGINE = ReplacingMergeTree(version)
ORDER BY radio_cell
SETTINGS index_granularity = 8192;

CREATE TABLE subscribers (`customer` UInt64,
    `valid_from` DateTime('UTC'),
    `segment` UInt8,
    `value_tier` UInt8,
    `tenure_months` Float32,
    `arpu` Float32,
    `churned_at` DateTime('UTC'),
    `load` UInt64,
    `version` UInt64)
ENGINE = ReplacingMergeTree(version)
ORDER BY (customer, valid_from)
SETTINGS index_granularity = 8192;

CREATE TABLE surveys (`record_id` FixedString(16) CODEC(NONE),
    `time` DateTime('UTC'),
    `day` Date DEFAULT toDate(toUInt16(intDiv(toUInt32(time), 86400))),
    `customer` UInt64,
    `region` LowCardinality(String),
    `instrument` LowCardinality(String),
    `score` Float32,
    `load` UInt64,
    `version` UInt64,
    `deleted` UInt8 DEFAULT 0)
ENGINE = ReplacingMergeTree(version)
PARTITION BY toYYYYMM(day)
ORDER BY (day, record_id)
SETTINGS index_granularity = 8192;

CREATE TABLE traffic (`hour` DateTime('UTC'),
    `radio_cell` LowCardinality(String),
    `attempts` UInt64,
    `setups` UInt64,
    `drops` UInt64,
    `load` UInt64,
    `version` UInt64)
ENGINE = ReplacingMergeTree(version)
PARTITION BY toYYYYMM(hour)
ORDER BY (hour, radio_cell)
SETTINGS index_granularity = 8192;

CREATE TABLE venues (`id` String,
    `name` String,
    `aliases` Array(String),
    `scene` UInt8,
    `floors` Int32,
    `basement_floors` Int32,
    `parent` String,
    `ref` String,
    `geometry` String CODEC(ZSTD(3)),
    `load` UInt64,
    `version` UInt64)
ENGINE = ReplacingMergeTree(version)
ORDER BY id
SETTINGS index_granularity = 8192;

