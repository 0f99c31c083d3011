-- What axum-webhook remembers of the events that it has seen: one row an event, for as long as its provider may send it again.

CREATE TABLE axum_webhook_replay (
    -- SHA-256 over endpoint, tenant and what identifies the event.
    key bytea PRIMARY KEY CHECK (octet_length(key) = 32),
    -- Whose claim it is.
    token bytea NOT NULL CHECK (octet_length(token) = 16),
    -- Larger for every later claim of the same event.
    fence bigint NOT NULL,
    -- The handler has finished; before that, it runs.
    done boolean NOT NULL,
    -- The end of the lease, or of "done". What has expired counts for nothing but its fence.
    expires_at timestamptz NOT NULL
);


-- For removing what has expired.
CREATE INDEX axum_webhook_replay_expires_at ON axum_webhook_replay (expires_at);
