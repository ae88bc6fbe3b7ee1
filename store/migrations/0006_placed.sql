-- placed: which version of the catalogue put the records of a load on the map. A
-- load says so when it begins, a rebuild when it is through. "load" is loads.key.
{{createGlobal "placed"}} (
    load UInt64,
    catalogue String,
    seq UInt64
) ENGINE = {{replacingGlobal "placed" "seq"}}
ORDER BY load;
