-- The catalogue: small tables, replaced row by row by id, on every node.
-- Geometries are GeoJSON text, longitude first, WGS-84.
{{createGlobal "venues"}} (
    id String,
    name String,
    aliases Array(String),
    scene UInt8,
    floors Int32,
    basement_floors Int32,
    parent String,
    ref String,
    geometry String{{codec "ZSTD(3)"}},
    load UInt64,
    version UInt64
) ENGINE = {{replacingGlobal "venues" "version"}}
ORDER BY id;

{{createGlobal "regions"}} (
    code String,
    name String,
    level String,
    parent String,
    geometry String{{codec "ZSTD(3)"}},
    load UInt64,
    version UInt64
) ENGINE = {{replacingGlobal "regions" "version"}}
ORDER BY code;

-- sites: NaN in azimuth and beamwidth means all round, in range unknown.
{{createGlobal "sites"}} (
    radio_cell String,
    site String,
    lat Float64,
    lon Float64,
    azimuth_deg Float64,
    beamwidth_deg Float64,
    range_m Float64,
    rat UInt8,
    indoor UInt8,
    load UInt64,
    version UInt64
) ENGINE = {{replacingGlobal "sites" "version"}}
ORDER BY radio_cell;
