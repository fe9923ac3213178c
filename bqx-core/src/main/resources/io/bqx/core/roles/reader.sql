-- A role that logs in and reads: features, baselines and the ledger, but no bars, and writes nothing.
-- For whoever ran the owner's script. It grants what there is: run it again when the first bars have been computed,
-- and whenever pairs have been added.
-- Then set its password, in psql with \password.
DO $bqx$
DECLARE
  owner CONSTANT text := 'bqx_owner';
  reader CONSTANT text := 'bqx_reader';
  bars_and_features CONSTANT text := 'bqx';
  joins CONSTANT boolean := NOT pg_catalog.pg_has_role(current_user, owner, 'USAGE');
  relation name;
BEGIN
  IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = reader) THEN
    EXECUTE pg_catalog.format('CREATE ROLE %I LOGIN', reader);
  END IF;
  EXECUTE pg_catalog.format('GRANT CONNECT ON DATABASE %I TO %I', pg_catalog.current_database(), reader);
  -- Only members of a role can grant what it owns.
  IF joins THEN
    EXECUTE pg_catalog.format('GRANT %I TO CURRENT_USER', owner);
  END IF;
  EXECUTE pg_catalog.format('GRANT USAGE ON SCHEMA %I TO %I', bars_and_features, reader);
  -- A grant on a partitioned table is enough to read it, whatever partitions it will have.
  FOR relation IN
    SELECT c.relname
    FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = bars_and_features
      AND c.relkind IN ('r', 'p', 'v')
      AND NOT c.relispartition
      AND c.relname !~ '^(m1_|bqx_staging_)'
  LOOP
    EXECUTE pg_catalog.format('GRANT SELECT ON TABLE %I.%I TO %I', bars_and_features, relation, reader);
  END LOOP;
  IF joins THEN
    EXECUTE pg_catalog.format('REVOKE %I FROM CURRENT_USER', owner);
  END IF;
END
$bqx$;
