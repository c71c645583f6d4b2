"""The AWS CLI in one process: starting it takes longer than most of what it does.

Reads JSON lists of command lines, as people type them, from standard input; in a list, {1} is what its first line has
printed. Prints a JSON list of what is said of each list: the last line's output, and what went wrong."""
import json, os, shlex, sys
from awscli.clidriver import create_clidriver

options = ["--endpoint-url", os.environ["AWS_ENDPOINT_URL"], "--output", "text"]
driver = create_clidriver()
for service in "ec2", "elbv2", "autoscaling", "route53":
    driver.session.get_service_model(service)  # is read once, and every child has it


def run(line):
    """Runs a line in a child: a driver is good for one command."""
    out, into = os.pipe()
    child = os.fork()
    if child == 0:
        os.dup2(into, 1), os.dup2(into, 2)
        try:
            code = driver.main(options + shlex.split(line)[1:])
        except SystemExit as e:
            code = e.code
        sys.stdout.flush(), sys.stderr.flush()
        os._exit(code or 0)
    os.close(into)
    with open(out) as f:
        said = f.read().strip()
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), said


all_said = []
for lines in json.load(sys.stdin):
    outs, wrong = [], ""
    for line in lines:
        for n, out in enumerate(outs, 1):
            line = line.replace("{%d}" % n, out)
        code, out = run(line)
        outs.append(out)
        if code:
            wrong = line + ": " + out
            break
    all_said.append({"out": outs[-1], "wrong": wrong})
json.dump(all_said, sys.stdout)
