#!/usr/bin/python3 -IS
"""A Python that has read the AWS SDK already: starting Python and reading the SDK's models takes longer than most of what a
module of Ansible, or a command of the AWS CLI, does.

    /usr/bin/python3 warm.py --serve FOLDER boto3|awscli     serves until standard input ends
    FOLDER/python                                            (a link to this file) runs its standard input; of boto3
    FOLDER/aws ARGUMENT...                                   (a link to this file) runs the AWS CLI; of awscli
    FOLDER/lines                                             (a link to this file) runs many lines of it; of awscli

"lines" reads JSON lists of command lines, as people type them, from standard input; in a list, {1} is what its first line has
printed. It prints a JSON list of what is said of each list: the last line's output, and what went wrong.

Each run is a child of the server, with the caller's arguments, environment, folder, standard input and outputs. Nothing of the
SDK, the CLI or Ansible's collections is changed: models are only read once."""
import array
import os
import socket
import sys  # who only asks reads no more than these: it takes longer than to ask

HEAD = 8  # bytes of the length before a request
BEFORE = set(os.environ)
SERVICES = "ec2", "elbv2", "autoscaling", "route53", "cloudwatch", "iam", "sts"


def ask(path, name, arguments):
    """Has the server run a program, and ends as it does."""
    request = "\0".join([name, os.getcwd(), str(len(arguments)), *arguments, *(f"{k}={v}" for k, v in os.environ.items())]).encode()
    with socket.socket(socket.AF_UNIX) as s:
        s.connect(path)
        s.sendmsg([len(request).to_bytes(HEAD, "big")], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [0, 1, 2]))])
        s.sendall(request)
        code = s.recv(1)
    os._exit(code[0] if code else 255)


def read_boto3():
    import boto3
    read_models()
    for service in SERVICES:
        boto3.client(service, region_name="us-east-1")


def read_awscli():
    # The CLI has a botocore of its own, which takes the place of the other one.
    import awscli.clidriver
    read_models()
    session = awscli.clidriver.create_clidriver().session
    for service in SERVICES:
        session.create_client(service, region_name="us-east-1")
    session.get_available_services()
    session.get_data("cli")


def read_models():
    """Has all sessions share one loader, which keeps what it has read: each session reads every model anew otherwise."""
    import functools
    import botocore.session
    botocore.session.create_loader = functools.cache(botocore.session.create_loader)
    loader = botocore.session.Session().get_component("data_loader")
    for kind in "service-2", "waiters-2", "paginators-1":
        for service in set(SERVICES).intersection(loader.list_available_services(kind)):
            loader.load_service_model(service, kind)


def serve(path):
    import select
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen(16)
        print("ready", flush=True)
        while listener in select.select([listener, sys.stdin], [], [])[0]:
            asked, _ = listener.accept()
            if os.fork() == 0:
                listener.close()
                attend(asked)
            asked.close()
            reap()


def reap():
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass


def attend(asked):
    """Runs one request in a child of its own, and tells how it ended."""
    head, rights, _, _ = asked.recvmsg(HEAD, socket.CMSG_SPACE(3 * array.array("i").itemsize))
    files = array.array("i", rights[0][2])
    left, request = int.from_bytes(head, "big"), b""
    while len(request) < left:
        request += asked.recv(left - len(request))
    child = os.fork()
    if child == 0:
        asked.close()
        for n, file in enumerate(files):
            os.dup2(file, n)
            os.close(file)
        name, folder, count, *rest = request.decode().split("\0")
        os.chdir(folder)
        for k in BEFORE:  # the CLI's own, which it sets when it is read, stay
            del os.environ[k]
        os.environ.update(pair.split("=", 1) for pair in rest[int(count):])
        end(lambda: run(name, rest[:int(count)]))
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    asked.sendall(bytes([code if code >= 0 else 128 - code]))
    os._exit(0)


def run(name, arguments):
    sys.stdin, sys.stdout, sys.stderr = open(0, closefd=False), open(1, "w", closefd=False), open(2, "w", closefd=False)
    sys.argv = [name, *arguments]
    if name == "aws":
        import awscli.clidriver
        return awscli.clidriver.main()
    if name == "lines":
        import json
        return json.dump([run_lines(lines) for lines in json.load(sys.stdin)], sys.stdout)
    exec(compile(sys.stdin.read(), "<stdin>", "exec"), {"__name__": "__main__", "__file__": "<stdin>"})


def run_lines(lines):
    outs = []
    for line in lines:
        for n, out in enumerate(outs, 1):
            line = line.replace("{%d}" % n, out)
        code, out = run_line(line)
        outs.append(out)
        if code:
            return {"out": out, "wrong": line + ": " + out}
    return {"out": outs[-1], "wrong": ""}


def run_line(line):
    """Runs a line in a child of its own, and returns how it ended and what it said."""
    import shlex
    out, into = os.pipe()
    child = os.fork()
    if child == 0:
        os.dup2(into, 1), os.dup2(into, 2)
        end(lambda: run("aws", ["--endpoint-url", os.environ["AWS_ENDPOINT_URL"], "--output", "text", *shlex.split(line)[1:]]))
    os.close(into)
    with open(out) as f:
        said = f.read().strip()
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), said


def end(what):
    """Calls a function, and ends the process as Python would."""
    try:
        code = what()
    except SystemExit as e:
        code = e.code
        if isinstance(code, str):
            print(code, file=sys.stderr)
            code = 1
    except BaseException:
        import traceback
        traceback.print_exc()
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code or 0)


if sys.argv[1:2] == ["--serve"]:
    {"boto3": read_boto3, "awscli": read_awscli}[sys.argv[3]]()
    serve(os.path.join(sys.argv[2], "socket"))
else:
    folder, name = os.path.split(os.path.abspath(sys.argv[0]))
    ask(os.path.join(folder, "socket"), name, sys.argv[1:])
