# Runs inside an instance, as its root, and tries to change inodes that are the host's. It reads paths, one a line, and
# writes a line for each try: path, what was tried, and the error's name, or "done".
import errno, os, sys

def write(path):
    with open(path, "r+b", buffering=0) as f:
        f.write(b"x")

def append(path):
    fd = os.open(path, os.O_WRONLY | os.O_APPEND)
    os.write(fd, b"x")

def create(path):
    os.close(os.open(os.path.join(path, "made-by-an-instance"), os.O_CREAT | os.O_EXCL))

def utimes_ns(path):
    os.utime(path, ns=(1, 1))

def descriptor(change):
    def through(path):
        fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        try:
            change("/proc/self/fd/%d" % fd)
        finally:
            os.close(fd)
    return through

tries = [
    ("chmod", lambda p: os.chmod(p, 0o4777)),
    ("chown", lambda p: os.chown(p, 12, 12)),
    ("utimes", utimes_ns),
    ("touch", lambda p: os.utime(p)),
    ("setxattr", lambda p: os.setxattr(p, "user.instance", b"x")),
    ("setxattr trusted", lambda p: os.setxattr(p, "trusted.instance", b"x")),
    ("set capability", lambda p: os.setxattr(p, "security.capability", b"\1\0\0\2" + b"\xff" * 16)),
    ("chmod by descriptor", descriptor(lambda p: os.chmod(p, 0o4777))),
    ("chown by descriptor", descriptor(lambda p: os.chown(p, 12, 12))),
    ("link", lambda p: os.link(p, "/root/link", follow_symlinks=True)),
    ("write", lambda p: write(p)),
    ("append", lambda p: append(p)),
    ("truncate", lambda p: os.truncate(p, 0)),
    ("create in", create),
    ("rename", lambda p: os.rename(p, p + ".renamed")),
    ("remove", lambda p: os.rmdir(p) if os.path.isdir(p) else os.remove(p)),
]

for path in sys.stdin.read().split("\n"):
    for name, attempt in tries:
        if not path:
            continue
        try:
            attempt(path)
            outcome = "done"
        except OSError as e:
            outcome = errno.errorcode[e.errno]
        print(path, name, outcome, sep="\t")
        for back in (path + ".renamed",):
            if os.path.lexists(back):
                os.rename(back, path)
        if os.path.lexists("/root/link"):
            os.remove("/root/link")
