-- Claims an event. $1 its key, $2 the claim's token, $3 the lease in seconds.
-- No row means that somebody else's claim has come about since this statement began: ask again.
WITH claimed AS (
    INSERT INTO axum_webhook_replay AS known (key, token, fence, done, expires_at)
    VALUES (
        $1, $2, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint, false,
        clock_timestamp() + make_interval(secs => $3)
    )
    ON CONFLICT (key) DO UPDATE
    SET token = excluded.token,
        fence = greatest(known.fence + 1, excluded.fence),
        done = false,
        expires_at = excluded.expires_at
    WHERE known.expires_at <= clock_timestamp()
    RETURNING fence
)
SELECT 'new' AS found, fence, 0::float8 AS remaining FROM claimed
UNION ALL
SELECT
    CASE
        WHEN done AND expires_at > clock_timestamp() THEN 'done'
        -- Its own claim: the answer to the first attempt was lost.
        WHEN token = $2 THEN 'new'
        ELSE 'in-flight'
    END,
    fence,
    greatest(extract(epoch FROM expires_at - clock_timestamp()), 0)::float8
FROM axum_webhook_replay
WHERE key = $1 AND NOT EXISTS (SELECT FROM claimed)
