# Runs a systemd of a user in a mount namespace and a cgroup of its own, on a machine that systemd need not have started.
# Started as root by `unshare --mount`, with the owner of the group and the words of what is to run. It ends when that
# does or when its own stdin ends, and then nothing of it is left.
set -eu
# In a namespace of its own, so that whoever has another layout of the groups, or none, keeps it.
mount -t cgroup2 cgroup2 /sys/fs/cgroup
group=/sys/fs/cgroup/axium-test-$$
mkdir "$group"
# Without this directory no systemd takes itself for one of a user.
[ -d /run/systemd/system ] || { mount -t tmpfs tmpfs /run; mkdir -p /run/systemd/system; }
exec 3<&0
cat <&3 > /dev/null &
told=$!
(
  exec 3<&-
  sh -euc '
    echo $$ > "$1/cgroup.procs"
    chown -R "$2" "$1"
    shift 2
    exec unshare --cgroup --mount --propagation=private sh -euc "
      umount /sys/fs/cgroup
      mount -t cgroup2 cgroup2 /sys/fs/cgroup
      exec \"\$@\"
    " sh "$@"
  ' sh "$group" "$@" || true
  kill "$told" 2> /dev/null
) &
wait "$told" || true
# A group is there until the last that runs in it is gone.
until find "$group" -depth -type d -exec rmdir {} + 2> /dev/null; do
  find "$group" -name cgroup.procs -exec cat {} + | xargs -r kill -KILL 2> /dev/null || true
  sleep 0.05
done
