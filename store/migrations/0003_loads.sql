-- loads: the state of every load; the row with the highest seq is the present one.
-- key is what records carry in their column "load" (a hash of id).
-- state: 1 started, 2 finished, 3 given up (a later load of the same content finished).
{{createGlobal "loads"}} (
    id String,
    key UInt64,
    feed String,
    source String,
    file String,
    content_hash String,
    profile String,
    profile_version String,
    started DateTime('UTC'),
    version UInt64,
    state UInt8,
    account String,
    first_day Date,
    last_day Date,
    seq UInt64
) ENGINE = {{replacingGlobal "loads" "seq"}}
ORDER BY id;

-- rejects: ordered by the content they came from, so that loading the same file
-- again replaces its rejects.
{{createGlobal "rejects"}} (
    feed String,
    source String,
    content_hash String,
    file String,
    line UInt64,
    reason String,
    detail String,
    raw String{{codec "ZSTD(3)"}},
    profile_version String,
    context String{{codec "ZSTD(3)"}},
    time DateTime('UTC'),
    load UInt64,
    version UInt64
) ENGINE = {{replacingGlobal "rejects" "version"}}
ORDER BY (feed, source, content_hash, line, reason, detail);
