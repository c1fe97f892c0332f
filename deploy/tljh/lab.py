"""JupyterHub for a class. The Littlest JupyterHub loads it from /opt/tljh/config/jupyterhub_config.d/, and any other
JupyterHub whose users are Linux users of this computer by `load_subconfig`. docs/class.md says how to install it.
"""

import os
import pwd
from pathlib import Path

c = get_config()  # noqa: F821

CACHE = os.environ.get("LAB_CACHE", "/opt/labkit/cache")  # made by `lab fetch`
CLASS = Path(os.environ.get("LAB_CLASS", "/opt/labkit/class"))  # made by `lab class start`
# Users control their homes, and links in them. Here only the hub writes, and nobody else may look around.
HANDED_OUT = Path(os.environ.get("LAB_HANDED_OUT", "/run/labkit"))


def hand_out(spawner):
    """Give the user the file with their own login for the class's Kafka; whoever has none gets a Kafka of their own."""
    environment = {name: value for name, value in spawner.environment.items() if name != "LAB_KAFKA_CONFIG"}
    # Found by its name and not built from it: the name of a user is never part of a path. The name must be the login:
    # if others were made to fit, two users might get the same file. c.Authenticator.username_map tells who is who.
    files = {each.stem: each for each in (CLASS / "students").glob("*.properties")}
    if file := files.get(spawner.user.name):
        environment["LAB_KAFKA_CONFIG"] = str(copied_for(account(spawner.user.name), file))
    spawner.environment = environment  # not changed in place: users would share it


def account(name):
    """Returns the Linux user. TLJH makes it only after this hook, so the hook has to."""
    try:
        from tljh.normalize import generate_system_username
        from tljh.user import ensure_user
    except ImportError:  # another JupyterHub
        return pwd.getpwnam(name)
    name = generate_system_username(f"jupyter-{name}")
    ensure_user(name)
    return pwd.getpwnam(name)


def copied_for(owner, file):
    """Returns a copy that only this Linux user can read, and not change."""
    HANDED_OUT.mkdir(mode=0o711, exist_ok=True)
    copy, unfinished = HANDED_OUT / file.name, HANDED_OUT / f".{file.name}"
    unfinished.unlink(missing_ok=True)
    with open(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400), "wb") as new:
        os.fchown(new.fileno(), owner.pw_uid, owner.pw_gid)
        new.write(file.read_bytes())
    unfinished.replace(copy)
    return copy


c.Spawner.environment = {"LAB_CACHE": CACHE}
c.Spawner.pre_spawn_hook = hand_out
c.Spawner.cmd = ["lab", "jupyterhub"]  # copies the notebooks that the home lacks, and becomes jupyterhub-singleuser
c.Spawner.default_url = "/lab/tree/labkit-notebooks/00_start_here.ipynb"
c.Spawner.start_timeout = 120  # a room that starts at once on few CPUs

c.Spawner.mem_limit = "2G"
c.Spawner.cpu_limit = 2
