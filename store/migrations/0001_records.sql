-- Records. Every table keeps the newest version of a key: writing a record
-- again replaces it. Read them with FINAL. Numbers that stand for words (outcome,
-- rat, …) are the constants of packages ingest and geo; the views of 0005 spell
-- them out.

-- calls: ordered by day first because every question is about a window of days,
-- then by id so that a repeated record meets its older version. A correction
-- that moves a record to another day leaves a tombstone (deleted = 1) behind.
-- "fingerprint" is a hash of the row as it came, which tells repeats from corrections.
-- "load" is loads.key, "place" is geo.PlaceID, "cell" an H3 index of resolution 11.
{{create "calls"}} (
    record_id FixedString(16){{codec "NONE"}},
    time DateTime('UTC'),
    day Date DEFAULT toDate(toUInt16(intDiv(toUInt32(time), 86400))),
    precision UInt8,
    customer UInt64,
    peer UInt64,
    outcome UInt8,
    duration_s Float32,
    cause {{lowCardinality}},
    rat UInt8,
    radio_cell {{lowCardinality}},
    operator {{lowCardinality}},
    floor Int16,
    indoor UInt8,
    rating UInt8,
    method UInt8,
    lat Float64,
    lon Float64,
    accuracy_m Float32,
    cell UInt64,
    place UInt64,
    scene UInt8,
    region {{lowCardinality}},
    fingerprint UInt64{{codec "NONE"}},
    load UInt64,
    version UInt64,
    deleted UInt8 DEFAULT 0
) ENGINE = {{replacing "calls" "version"}}
PARTITION BY toYYYYMM(day)
ORDER BY (day, record_id);
{{distributed "calls" "cityHash64(record_id)"}}

-- complaints: like calls.
{{create "complaints"}} (
    record_id FixedString(16){{codec "NONE"}},
    time DateTime('UTC'),
    day Date DEFAULT toDate(toUInt16(intDiv(toUInt32(time), 86400))),
    precision UInt8,
    customer UInt64,
    channel {{lowCardinality}},
    appeal UInt8,
    category {{lowCardinality}},
    text String{{codec "ZSTD(3)"}},
    address String{{codec "ZSTD(3)"}},
    venue String,
    radio_cell {{lowCardinality}},
    status {{lowCardinality}},
    method UInt8,
    lat Float64,
    lon Float64,
    accuracy_m Float32,
    cell UInt64,
    place UInt64,
    scene UInt8,
    region {{lowCardinality}},
    fingerprint UInt64{{codec "NONE"}},
    load UInt64,
    version UInt64,
    deleted UInt8 DEFAULT 0
) ENGINE = {{replacing "complaints" "version"}}
PARTITION BY toYYYYMM(day)
ORDER BY (day, record_id);
{{distributed "complaints" "cityHash64(record_id)"}}

-- subscribers: attributes hold from valid_from until the next row of the customer.
{{create "subscribers"}} (
    customer UInt64,
    valid_from DateTime('UTC'),
    segment UInt8,
    value_tier UInt8,
    tenure_months Float32,
    arpu Float32,
    churned_at DateTime('UTC'),
    load UInt64,
    version UInt64
) ENGINE = {{replacing "subscribers" "version"}}
ORDER BY (customer, valid_from);
{{distributed "subscribers" "cityHash64(customer)"}}

-- traffic: one row per radio cell and hour.
{{create "traffic"}} (
    hour DateTime('UTC'),
    radio_cell {{lowCardinality}},
    attempts UInt64,
    setups UInt64,
    drops UInt64,
    load UInt64,
    version UInt64
) ENGINE = {{replacing "traffic" "version"}}
PARTITION BY toYYYYMM(hour)
ORDER BY (hour, radio_cell);
{{distributed "traffic" "cityHash64(radio_cell)"}}

{{create "surveys"}} (
    record_id FixedString(16){{codec "NONE"}},
    time DateTime('UTC'),
    day Date DEFAULT toDate(toUInt16(intDiv(toUInt32(time), 86400))),
    customer UInt64,
    region {{lowCardinality}},
    instrument {{lowCardinality}},
    score Float32,
    load UInt64,
    version UInt64,
    deleted UInt8 DEFAULT 0
) ENGINE = {{replacing "surveys" "version"}}
PARTITION BY toYYYYMM(day)
ORDER BY (day, record_id);
{{distributed "surveys" "cityHash64(record_id)"}}

-- perceived: completed calls that the customer felt as drops, derived from calls
-- day by day. A row counts when its generation is at least the one that
-- perceived_days names for its day, so that writing perceived_days switches a
-- day over in one step and a derivation that died half-way does no harm.
{{create "perceived"}} (
    day Date,
    record_id FixedString(16){{codec "NONE"}},
    generation UInt64
) ENGINE = {{replacing "perceived" "generation"}}
PARTITION BY toYYYYMM(day)
ORDER BY (day, record_id);
{{distributed "perceived" "cityHash64(record_id)"}}

{{createGlobal "perceived_days"}} (
    day Date,
    generation UInt64
) ENGINE = {{replacingGlobal "perceived_days" "generation"}}
ORDER BY day;
