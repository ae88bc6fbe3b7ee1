-- choices: what a place stands for that is several places (a complaint that fits
-- three hotels of a chain): places and weights, which sum to 1. The id is a hash of
-- both, so that a choice never changes. Records carry the id as their place.
{{createGlobal "choices"}} (
    id UInt64,
    places Array(UInt64),
    weights Array(Float64),
    version UInt64
) ENGINE = {{replacingGlobal "choices" "version"}}
ORDER BY id;
