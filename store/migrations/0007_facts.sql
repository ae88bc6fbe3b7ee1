-- facts: what holds for the store as a whole, one row a name. The first writer
-- wins: a fact is never changed (its version falls, so that the oldest is kept).
{{createGlobal "facts"}} (
    name String,
    value String,
    version UInt64
) ENGINE = {{replacingGlobal "facts" "version"}}
ORDER BY name;
