-- A database as the version on Orleans 10.2 left it: its tables, its statements, and what a cluster of two silos wrote, one of which the other
-- declared dead. What is newer goes on with it.

CREATE TABLE IF NOT EXISTS orrery_schema (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    version  integer NOT NULL,
    program  text NOT NULL
);

CREATE TABLE IF NOT EXISTS orleansquery (
    querykey  text PRIMARY KEY,
    querytext text NOT NULL
);

CREATE TABLE IF NOT EXISTS orrery_cluster (
    cluster_id text PRIMARY KEY,
    version    integer NOT NULL DEFAULT 0,
    changed_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE IF NOT EXISTS orrery_silo (
    cluster_id   text NOT NULL REFERENCES orrery_cluster ON DELETE CASCADE,
    address      text NOT NULL,
    port         integer NOT NULL,
    generation   integer NOT NULL,
    silo_name    text NOT NULL,
    host_name    text NOT NULL,
    status       integer NOT NULL,
    gateway_port integer NOT NULL,
    suspicions   text,
    started_at   timestamptz NOT NULL,
    alive_at     timestamptz NOT NULL,
    PRIMARY KEY (cluster_id, address, port, generation)
);

CREATE TABLE IF NOT EXISTS orrery_grain_state (
    service_id text COLLATE "C" NOT NULL,
    state_name text COLLATE "C" NOT NULL,
    key_high   bigint NOT NULL,
    key_low    bigint NOT NULL,
    key_text   text COLLATE "C" NOT NULL,
    version    integer NOT NULL,
    payload    bytea,
    changed_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (service_id, state_name, key_high, key_low, key_text)
);

INSERT INTO orrery_schema (version, program) VALUES (1, 'Orrery 0.2.0');

INSERT INTO orleansquery VALUES ('InsertMembershipVersionKey', 'WITH founded AS (
    INSERT INTO orrery_cluster (cluster_id) VALUES (@DeploymentId)
    ON CONFLICT DO NOTHING
    RETURNING cluster_id)
SELECT EXISTS (SELECT FROM founded)');

INSERT INTO orleansquery VALUES ('InsertMembershipKey', 'WITH raised AS (
    UPDATE orrery_cluster SET version = version + 1, changed_at = now()
    WHERE cluster_id = @DeploymentId AND version = @Version AND NOT EXISTS (SELECT FROM orrery_silo WHERE cluster_id = @DeploymentId AND address = @Address AND port = @Port AND generation = @Generation)
    RETURNING cluster_id),
added AS (
    INSERT INTO orrery_silo (cluster_id, address, port, generation, silo_name, host_name, status, gateway_port, started_at, alive_at)
    SELECT cluster_id, @Address, @Port, @Generation, @SiloName, @HostName, @Status, @ProxyPort, @StartTime, @IAmAliveTime
    FROM raised
    RETURNING cluster_id)
SELECT EXISTS (SELECT FROM added)');

INSERT INTO orleansquery VALUES ('UpdateMembershipKey', 'WITH member AS (
    SELECT cluster_id FROM orrery_silo WHERE cluster_id = @DeploymentId AND address = @Address AND port = @Port AND generation = @Generation FOR UPDATE),
raised AS (
    UPDATE orrery_cluster AS c SET version = c.version + 1, changed_at = now()
    FROM member
    WHERE c.cluster_id = member.cluster_id AND c.version = @Version
    RETURNING c.cluster_id),
changed AS (
    UPDATE orrery_silo SET status = @Status, suspicions = @SuspectTimes, alive_at = @IAmAliveTime
    WHERE cluster_id = @DeploymentId AND address = @Address AND port = @Port AND generation = @Generation AND EXISTS (SELECT FROM raised)
    RETURNING cluster_id)
SELECT EXISTS (SELECT FROM changed)');

INSERT INTO orleansquery VALUES ('UpdateIAmAlivetimeKey', 'UPDATE orrery_silo SET alive_at = @IAmAliveTime WHERE cluster_id = @DeploymentId AND address = @Address AND port = @Port AND generation = @Generation');

INSERT INTO orleansquery VALUES ('MembershipReadAllKey', 'SELECT c.version AS "Version", s.address AS "Address", s.port AS "Port", s.generation AS "Generation", s.silo_name AS "SiloName",
s.host_name AS "HostName", s.status AS "Status", s.gateway_port AS "ProxyPort", s.suspicions AS "SuspectTimes",
s.started_at AS "StartTime", s.alive_at AS "IAmAliveTime"
FROM orrery_cluster AS c LEFT JOIN orrery_silo AS s USING (cluster_id)
WHERE cluster_id = @DeploymentId');

INSERT INTO orleansquery VALUES ('MembershipReadRowKey', 'SELECT c.version AS "Version", s.address AS "Address", s.port AS "Port", s.generation AS "Generation", s.silo_name AS "SiloName",
s.host_name AS "HostName", s.status AS "Status", s.gateway_port AS "ProxyPort", s.suspicions AS "SuspectTimes",
s.started_at AS "StartTime", s.alive_at AS "IAmAliveTime"
FROM orrery_cluster AS c
LEFT JOIN (SELECT * FROM orrery_silo WHERE cluster_id = @DeploymentId AND address = @Address AND port = @Port AND generation = @Generation) AS s USING (cluster_id)
WHERE cluster_id = @DeploymentId');

INSERT INTO orleansquery VALUES ('GatewaysQueryKey', 'SELECT address AS "Address", gateway_port AS "ProxyPort", generation AS "Generation"
FROM orrery_silo
WHERE cluster_id = @DeploymentId AND status = @Status AND gateway_port > 0');

INSERT INTO orleansquery VALUES ('CleanupDefunctSiloEntriesKey', 'DELETE FROM orrery_silo WHERE cluster_id = @DeploymentId AND status = 6 AND alive_at < @IAmAliveTime');

INSERT INTO orleansquery VALUES ('DeleteMembershipTableEntriesKey', 'DELETE FROM orrery_cluster WHERE cluster_id = @DeploymentId');

INSERT INTO orleansquery VALUES ('ReadFromStorageKey', 'SELECT payload AS "PayloadBinary", version AS "Version" FROM orrery_grain_state WHERE service_id = @ServiceId AND state_name = @GrainTypeString
AND key_high = @GrainIdN0 AND key_low = @GrainIdN1 AND key_text = coalesce(@GrainIdExtensionString, '''')');

INSERT INTO orleansquery VALUES ('WriteToStorageKey', 'WITH rewritten AS (
    UPDATE orrery_grain_state SET version = version + 1, payload = @PayloadBinary, changed_at = now()
    WHERE service_id = @ServiceId AND state_name = @GrainTypeString
AND key_high = @GrainIdN0 AND key_low = @GrainIdN1 AND key_text = coalesce(@GrainIdExtensionString, '''') AND version = @GrainStateVersion
    RETURNING version),
written AS (
    INSERT INTO orrery_grain_state (service_id, state_name, key_high, key_low, key_text, version, payload)
    SELECT @ServiceId, @GrainTypeString, @GrainIdN0, @GrainIdN1, coalesce(@GrainIdExtensionString, ''''), 1, @PayloadBinary
    WHERE @GrainStateVersion IS NULL
    ON CONFLICT DO NOTHING
    RETURNING version)
SELECT version AS "NewGrainStateVersion" FROM rewritten
UNION ALL
SELECT version FROM written');

INSERT INTO orleansquery VALUES ('ClearStorageKey', 'UPDATE orrery_grain_state SET version = version + 1, payload = NULL, changed_at = now()
WHERE service_id = @ServiceId AND state_name = @GrainTypeString
AND key_high = @GrainIdN0 AND key_low = @GrainIdN1 AND key_text = coalesce(@GrainIdExtensionString, '''') AND version = @GrainStateVersion
RETURNING version');

INSERT INTO orleansquery VALUES ('DeleteStorageKey', 'DELETE FROM orrery_grain_state WHERE service_id = @ServiceId AND state_name = @GrainTypeString
AND key_high = @GrainIdN0 AND key_low = @GrainIdN1 AND key_text = coalesce(@GrainIdExtensionString, '''') AND version = @GrainStateVersion RETURNING version + 1');

INSERT INTO orrery_cluster VALUES ('orrery', 5, '2026-05-04 10:00:05+00');

INSERT INTO orrery_silo VALUES
    ('orrery', '10.0.0.1', 11111, 138000001, 'silo-1', 'silo-1', 3, 30000, '10.0.0.2:11111@138000002,2026-05-04 09:00:00.000 GMT', '2026-05-04 09:59:00+00', '2026-05-04 10:00:00+00'),
    ('orrery', '10.0.0.2', 11111, 138000002, 'silo-2', 'silo-2', 6, 30000, '10.0.0.1:11111@138000001,2026-05-04 10:00:04.250 GMT', '2026-05-04 09:59:30+00', '2026-05-04 10:00:01+00');

INSERT INTO orrery_grain_state (service_id, state_name, key_high, key_low, key_text, version, payload) VALUES ('tables', 'catalogue', 0, 0, '', 3, convert_to('{"$id":"1","$type":"Orrery.Grains.Registry.CatalogueState, Orrery.Grains","Models":{"$id":"2","$type":"System.Collections.Generic.Dictionary`2[[System.String, System.Private.CoreLib],[Orrery.Grains.Registry.CatalogueEntry, Orrery.Grains]], System.Private.CoreLib","minilm":{"$id":"3","$type":"Orrery.Grains.Registry.CatalogueEntry, Orrery.Grains","Digest":"sha256:aa","Served":true},"old":{"$id":"4","$type":"Orrery.Grains.Registry.CatalogueEntry, Orrery.Grains","Digest":"sha256:bb"}}}', 'UTF8'));

INSERT INTO orrery_grain_state (service_id, state_name, key_high, key_low, key_text, version, payload) VALUES ('tables', 'vectors', 0, 0, '', 3, convert_to('{"$id":"1","$type":"Orrery.Grains.Vectors.DirectoryState, Orrery.Grains","Indexes":{"$id":"2","$type":"System.Collections.Generic.Dictionary`2[[System.String, System.Private.CoreLib],[Orrery.Grains.Vectors.KnownIndex, Orrery.Grains]], System.Private.CoreLib","texts":{"$id":"3","$type":"Orrery.Grains.Vectors.KnownIndex, Orrery.Grains","Spec":{"$id":"4","$type":"Orrery.Engine.Vectors.IndexSpec, Orrery.Engine","Name":"texts","Dimension":384,"Tags":{"$id":"5","$type":"System.Collections.Generic.Dictionary`2[[System.String, System.Private.CoreLib],[System.String, System.Private.CoreLib]], System.Private.CoreLib","team":"search"},"DeletionProtected":true},"Shards":2,"Namespaces":{"$id":"6","$type":"System.Collections.Generic.Dictionary`2[[System.String, System.Private.CoreLib],[Orrery.Grains.Vectors.KnownNamespace, Orrery.Grains]], System.Private.CoreLib","kept":{"$id":"7","$type":"Orrery.Grains.Vectors.KnownNamespace, Orrery.Grains","Generation":7,"Stores":{"$type":"System.String[], System.Private.CoreLib","$values":["s1","s2"]},"Dimension":384,"Model":{"$id":"8","$type":"Orrery.Engine.Vectors.EmbeddingModel, Orrery.Engine","Name":"minilm","Digest":"sha256:aa"}}}}},"Stores":{"$id":"9","$type":"System.Collections.Generic.HashSet`1[[System.String, System.Private.CoreLib]], System.Private.CoreLib","$values":["s1","s2"]},"Generation":7}', 'UTF8'));
