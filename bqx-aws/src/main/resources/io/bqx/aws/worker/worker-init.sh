mkdir -p "$BQX_HOME" "$BQX_LOG_DIR" "$BQX_STATE_DIR"

say() {
  printf '%s bqx: %s\n' "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$*" >&2
}

# Writes standard input to a file: MODE PATH
write() {
  cat >"$2"
  chmod "$1" "$2"
}

retry() {
  local try
  for try in 1 2 3 4 5; do
    if "$@"; then
      return 0
    fi
    say "try $try of 5 failed: $*"
    sleep $((try * 5))
  done
  return 1
}

metadata() {
  local token
  token=$(curl -sSf -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 300' http://169.254.169.254/latest/api/token)
  curl -sSf -H "X-aws-ec2-metadata-token: $token" "http://169.254.169.254/latest/meta-data/$1"
}

# Makes known what became of the initialisation: VALUE
announce() {
  case "$BQX_READY_SIGNAL" in
    tag)
      aws ec2 create-tags --region "$BQX_REGION" --resources "$BQX_INSTANCE" --tags "Key=bqx:initialised,Value=$1"
      ;;
    ssm)
      aws ssm put-parameter --region "$BQX_REGION" --name "/bqx/$BQX_NAME/initialised" --type String --overwrite \
        --value "$BQX_INSTANCE $1"
      ;;
    tcp)
      if [ "$1" = complete ]; then
        systemctl enable --now bqx-ready.socket
      fi
      ;;
  esac
}

# A machine that cannot be initialised is of no use. It stays a quarter of an hour to be looked at.
give_up() {
  trap - ERR
  say "initialisation failed in line $1; the machine shuts down in 15 minutes"
  announce "failed in line $1" || true
  "$BQX_HOME/ship-logs" || true
  shutdown -h +15 || true
  exit 1
}
trap 'give_up "$LINENO"' ERR

# 1. The dead-man's switch comes first, so that nothing that fails later leaves a machine running.
# It is set by the clock, and so survives restarts of the machine.
deadline=$(($(date +%s) + BQX_MAX_RUN_SECONDS))
write 0644 "$BQX_UNIT_DIR/bqx-deadline.timer" <<UNIT
[Unit]
Description=The maximum run time of this machine

[Timer]
OnCalendar=@$deadline
AccuracySec=1s
Persistent=true

[Install]
WantedBy=timers.target
UNIT
write 0644 "$BQX_UNIT_DIR/bqx-deadline.service" <<UNIT
[Unit]
Description=Shuts the machine down, by force if it hangs
DefaultDependencies=no

[Service]
Type=oneshot
TimeoutStartSec=infinity
ExecStart=-/usr/bin/timeout 60 $BQX_HOME/ship-logs
ExecStart=-/usr/sbin/shutdown -h now
ExecStart=/usr/bin/sleep 300
ExecStart=/usr/bin/systemctl poweroff --force --force
UNIT
systemctl daemon-reload
systemctl enable --now bqx-deadline.timer
say "this machine shuts down at $(date -u -d "@$deadline" +%Y-%m-%dT%H:%M:%SZ), whatever happens"

# 2. What this machine is, and how its logs leave it.
BQX_INSTANCE=$(retry metadata instance-id)
printf "BQX_INSTANCE='%s'\n" "$BQX_INSTANCE" >>"$BQX_HOME/settings"

write 0755 "$BQX_HOME/ship-logs" <<'SCRIPT'
#!/bin/bash
# Copies all logs to S3, into a folder of this machine.
set -eu
# shellcheck source=/dev/null
. "$(dirname "$0")/settings"
cp -f /var/log/cloud-init-output.log "$BQX_LOG_DIR/" 2>/dev/null || true
exec aws s3 cp --recursive --only-show-errors --region "$BQX_REGION" "$BQX_LOG_DIR" "$BQX_LOGS/${BQX_INSTANCE:-unknown}"
SCRIPT

write 0644 "$BQX_UNIT_DIR/bqx-logs.service" <<UNIT
[Unit]
Description=Copies the logs to S3

[Service]
Type=oneshot
ExecStart=$BQX_HOME/ship-logs
UNIT
write 0644 "$BQX_UNIT_DIR/bqx-logs.timer" <<UNIT
[Unit]
Description=Copies the logs to S3 every minute

[Timer]
OnBootSec=1min
OnUnitActiveSec=1min

[Install]
WantedBy=timers.target
UNIT
write 0644 "$BQX_UNIT_DIR/bqx-logs-at-end.service" <<UNIT
[Unit]
Description=Copies the logs to S3 before the machine ends
Wants=network-online.target
After=network-online.target

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/true
ExecStop=$BQX_HOME/ship-logs
TimeoutStopSec=60

[Install]
WantedBy=multi-user.target
UNIT

# 3. Java and the program.
if ! command -v java >/dev/null; then
  if command -v dnf >/dev/null; then
    retry dnf install -y -q java-17-amazon-corretto-headless
  else
    retry apt-get update -q
    DEBIAN_FRONTEND=noninteractive retry apt-get install -q -y --no-install-recommends openjdk-17-jre-headless
  fi
fi
if ! command -v aws >/dev/null; then
  say "the image has no AWS command line interface; name an image that has"
  false
fi

retry aws s3 cp --only-show-errors --region "$BQX_REGION" "$BQX_JAR" "$BQX_HOME/bqx.jar.part"
if ! printf '%s  %s\n' "$BQX_JAR_SHA256" "$BQX_HOME/bqx.jar.part" | sha256sum --check --status; then
  say "$BQX_JAR is not the file that was meant: its SHA-256 is not $BQX_JAR_SHA256"
  false
fi
mv "$BQX_HOME/bqx.jar.part" "$BQX_HOME/bqx.jar"

# 4. The job. It takes the database's login from Secrets Manager itself, and again when that has changed; no file has it.
write 0755 "$BQX_HOME/run" <<'SCRIPT'
#!/bin/bash
# Runs the job.
set -eu
# shellcheck source=/dev/null
. "$(dirname "$0")/settings"
export AWS_REGION=$BQX_REGION
exec java -XX:MaxRAMPercentage=50 -jar "$BQX_HOME/bqx.jar" run --jdbc-url "$BQX_JDBC_URL" --db-secret "$BQX_SECRET" \
  --watch-interruption --workers "$BQX_WORKERS" "${BQX_ARGUMENTS[@]}"
SCRIPT

write 0755 "$BQX_HOME/run-ended" <<'SCRIPT'
#!/bin/bash
# Writes down how the job ended, and copies the logs.
set -eu
# shellcheck source=/dev/null
. "$(dirname "$0")/settings"
printf '%s %s %s\n' "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "${SERVICE_RESULT:-unknown}" "${EXIT_STATUS:-unknown}" \
  >"$BQX_LOG_DIR/run.end"
exec "$BQX_HOME/ship-logs"
SCRIPT

write 0644 "$BQX_UNIT_DIR/bqx-run.service" <<UNIT
[Unit]
Description=The bqx run of the worker $BQX_NAME
Wants=network-online.target
After=network-online.target bqx-logs-at-end.service
StartLimitIntervalSec=1h
StartLimitBurst=5

[Service]
Type=exec
DynamicUser=yes
ExecStart=$BQX_HOME/run
ExecStopPost=+$BQX_HOME/run-ended
StandardOutput=append:$BQX_LOG_DIR/run.log
StandardError=inherit
Restart=on-failure
RestartSec=30
RestartPreventExitStatus=2
TimeoutStopSec=110

[Install]
WantedBy=multi-user.target
UNIT
chmod 0644 "$BQX_HOME/settings"

write 0644 "$BQX_UNIT_DIR/bqx-ready.socket" <<UNIT
[Unit]
Description=Answers when the initialisation is complete

[Socket]
ListenStream=$BQX_READY_PORT
Accept=yes

[Install]
WantedBy=sockets.target
UNIT
write 0644 "$BQX_UNIT_DIR/bqx-ready@.service" <<UNIT
[Unit]
Description=Says that the initialisation is complete

[Service]
ExecStart=/bin/echo ready
StandardOutput=socket
UNIT

systemctl daemon-reload
systemctl enable --now bqx-logs.timer bqx-logs-at-end.service
systemctl enable --now bqx-run.service

# 5. The mark.
date -u +%Y-%m-%dT%H:%M:%SZ >"$BQX_STATE_DIR/initialised"
retry announce complete
say "initialisation complete"
