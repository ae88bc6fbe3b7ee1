-- runs: written last, once its hotspots are stored; a run without a row here
-- does not exist. Neither table is ever changed. The columns beside "json" are
-- copies for people and dashboards.
{{createGlobal "runs"}} (
    id String,
    created DateTime('UTC'),
    created_ns Int64,
    method String,
    window_start DateTime('UTC'),
    window_end DateTime('UTC'),
    region String,
    hotspots UInt32,
    data_version String,
    query String,
    json String{{codec "ZSTD(3)"}}
) ENGINE = {{replacingGlobal "runs" "created_ns"}}
ORDER BY id;

{{createGlobal "run_hotspots"}} (
    run String,
    rank UInt32,
    id String,
    name String,
    scene String,
    region String,
    lat Float64,
    lon Float64,
    impact Float64,
    avoidable Float64,
    avoidable_lower Float64,
    hurt_customers UInt32,
    state String,
    members Array(UInt64),
    json String{{codec "ZSTD(3)"}},
    created_ns Int64
) ENGINE = {{replacingGlobal "run_hotspots" "created_ns"}}
ORDER BY (run, rank, id);

-- events: what people and the program did to hotspots; only ever added to.
{{createGlobal "events"}} (
    hotspot String,
    time DateTime('UTC'),
    time_ns Int64,
    id String,
    kind String,
    actor String,
    data String
) ENGINE = {{replacingGlobal "events" "time_ns"}}
ORDER BY (hotspot, time_ns, id);
