-- signposts: the kilometres signposted at the first and the last point of a highway
-- of table venues; equal = unknown.
{{createGlobal "signposts"}} (
    venue String,
    km_from Float64,
    km_to Float64,
    load UInt64,
    version UInt64
) ENGINE = {{replacingGlobal "signposts" "version"}}
ORDER BY venue;
