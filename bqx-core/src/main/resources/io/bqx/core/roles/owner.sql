-- The role that owns the schema and all tables in it. Nobody logs in as it; writers act as it.
-- For a superuser, or for the database's owner if that role may create roles. Can be run again.
DO $bqx$
DECLARE
  owner CONSTANT text := 'bqx_owner';
  bars_and_features CONSTANT text := 'bqx';
BEGIN
  IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = owner) THEN
    EXECUTE pg_catalog.format('CREATE ROLE %I NOLOGIN', owner);
  END IF;
  IF NOT EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = bars_and_features) THEN
    -- Only members of a role can make it the owner of something.
    EXECUTE pg_catalog.format('GRANT %I TO CURRENT_USER', owner);
    EXECUTE pg_catalog.format('CREATE SCHEMA %I AUTHORIZATION %I', bars_and_features, owner);
    EXECUTE pg_catalog.format('REVOKE %I FROM CURRENT_USER', owner);
  END IF;
  -- Files of bars are loaded through a temporary table.
  EXECUTE pg_catalog.format('GRANT TEMPORARY ON DATABASE %I TO %I', pg_catalog.current_database(), owner);
END
$bqx$;
