-- short_runs: calls of runs of short calls that the customer felt as drops, like
-- perceived (which has those answered by a redial) and counting by the same
-- perceived_days. A call may be in both.
{{create "short_runs"}} (
    day Date,
    record_id FixedString(16){{codec "NONE"}},
    generation UInt64
) ENGINE = {{replacing "short_runs" "generation"}}
PARTITION BY toYYYYMM(day)
ORDER BY (day, record_id);
{{distributed "short_runs" "cityHash64(record_id)"}}

-- Which calls were felt as drops, and by which rule.
{{createView "perceived_current"}} AS
SELECT day, lower(hex(record_id)) AS record, transform(sum(rule), [1, 2, 3], ['redial', 'short calls', 'redial, short calls'], 'other') AS felt_by
FROM (
    SELECT day, record_id, rule
    FROM (
        SELECT DISTINCT day, record_id, generation, 1 AS rule FROM perceived
        UNION ALL SELECT DISTINCT day, record_id, generation, 2 AS rule FROM short_runs
    ) AS flagged
    ANY LEFT JOIN (SELECT day, max(generation) AS present FROM perceived_days GROUP BY day) AS switched USING day
    WHERE present > 0 AND generation >= present
    GROUP BY day, record_id, rule
)
GROUP BY day, record_id;
