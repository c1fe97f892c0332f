#!/usr/bin/env bash
# The lab for a class on a server with The Littlest JupyterHub. Run it again for another handout, or with more students:
#   sudo deploy/tljh/install.sh HANDOUT students.csv
set -euo pipefail
handout=$(realpath "$1") students=$(realpath "$2") here=$(dirname "$(realpath "$0")")
bin=/opt/tljh/user/bin
export LAB_CACHE=/opt/labkit/cache

# Into the Python of all users. What is there already has the same version, so pip must be told to replace it.
$bin/pip install "$handout[notebook,flink]" "jupyter-server-proxy>=4.6,<5"
$bin/pip install --force-reinstall --no-deps "$handout"
$bin/lab fetch

# The class's Kafka runs as a user of its own, in a folder that only this user and root can read.
id labkit >/dev/null 2>&1 || useradd --system --home-dir /opt/labkit labkit
install -d -o labkit -m 700 /opt/labkit/class
install -o labkit -m 600 "$students" /opt/labkit/class/students.csv
runuser -u labkit -- $bin/lab class start --folder /opt/labkit/class --students /opt/labkit/class/students.csv
install -m 644 "$here/lab-class.service" /etc/systemd/system/
systemctl enable --now lab-class

install -m 644 "$here/lab.py" /opt/tljh/config/jupyterhub_config.d/
tljh-config set services.cull.timeout 3600 # an hour without activity, as `lab` waits; TLJH's ten minutes are a coffee
tljh-config reload
