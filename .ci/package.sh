# Within the machine of .ci/package: what who installs, upgrades, removes and purges the package finds.
set -eu
said() { echo "package: $*"; }
dead() { echo "package: NOT $*"; exit 1; }
active() { systemctl is-active --quiet "$1" || dead "running: $1"; }
# No pager, no questions.
export DEBIAN_FRONTEND=noninteractive PAGER=cat

# In two steps, and as if a reboot came between them: nothing in /run of what the first has put there.
in_two_steps() {
    ls /run >/tmp/run.before
    dpkg --unpack "$1"
    ls /run | diff /tmp/run.before - || dead "the same: what is in /run"
    dpkg --configure headwater
    for unit in headwater.socket headwater.service headwater-backup.timer; do
        active $unit
        systemctl is-enabled --quiet $unit || dead "enabled: $unit"
    done
}

in_two_steps /package/old.deb
headwater healthcheck --server http://127.0.0.1:8000
for file in /usr/share/man/man1/headwater.1.gz /usr/share/bash-completion/completions/headwater \
    /usr/share/zsh/vendor-completions/_headwater /usr/share/fish/vendor_completions.d/headwater.fish /etc/default/headwater; do
    [ -s $file ] || dead "there: $file"
done
said "installed, enabled, serving, with manual and completions"

echo 'CREATE VIEW mart.kept AS SELECT id FROM raw.origin;' >/tmp/kept.sql
headwater upload --server http://127.0.0.1:8000 /tmp/kept.sql
echo '# mine' >>/etc/default/headwater
before=$(systemctl show --value --property MainPID headwater.service)
socket=$(systemctl show --value --property ActiveEnterTimestampMonotonic headwater.socket)
dpkg --install /package/new.deb
active headwater.service
[ "$before" != "$(systemctl show --value --property MainPID headwater.service)" ] || dead "restarted by the upgrade"
[ "$socket" = "$(systemctl show --value --property ActiveEnterTimestampMonotonic headwater.socket)" ] || dead "left alone: the socket"
headwater healthcheck --server http://127.0.0.1:8000
headwater ask --server http://127.0.0.1:8000 "what feeds mart.kept?" | grep raw.origin || dead "kept over the upgrade: the store"
grep -q '# mine' /etc/default/headwater || dead "kept over the upgrade: the settings"
said "upgraded: a new process, the same socket, store and settings kept"

dpkg --remove headwater
! systemctl is-active --quiet headwater.socket || dead "stopped when removed"
[ -s /var/lib/private/headwater/headwater.db ] || [ -n "$(ls /var/lib/private/headwater)" ] || dead "kept when removed: the store"
grep -q '# mine' /etc/default/headwater || dead "kept when removed: the settings"
said "removed: nothing runs, store and settings are there"

in_two_steps /package/new.deb
headwater ask --server http://127.0.0.1:8000 "what feeds mart.kept?" | grep raw.origin || dead "found again: the store"
dpkg --purge headwater
for path in /var/lib/headwater.removed /var/lib/headwater /var/lib/private/headwater /var/log/headwater /etc/default/headwater /usr/bin/headwater; do
    [ ! -e $path ] || dead "purged: $path"
done
said "installed again with its store, and purged without a trace of it"
