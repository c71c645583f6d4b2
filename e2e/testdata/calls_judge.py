"""Judges recorded calls by AWS's API models, as botocore carries them: calls_judge.py FILE

FILE has a line of JSON for each call, as `understudy cloud start --record` writes them. Each request is read from its wire
form by the model alone, and then held against it: members that the model does not have, that are required and missing, that
are too short, too long, too small, too large, or of a form or word that the model does not allow. What is read here owes
nothing to how the cloud reads it.

Writes JSON: the version of botocore, the number of calls, how many times each operation was called, and the violations.
"""

import base64
import datetime
import functools
import gzip
import json
import re
import struct
import sys
import unicodedata
import urllib.parse
import xml.etree.ElementTree

import botocore
import botocore.loaders

# botocore's names of the services, by the names in credential scopes.
NAMES = {
    "ec2": "ec2", "elasticloadbalancing": "elbv2", "autoscaling": "autoscaling", "route53": "route53", "sts": "sts",
    "monitoring": "cloudwatch", "route53-recovery-control-config": "route53-recovery-control-config",
    "route53-recovery-cluster": "route53-recovery-cluster", "iam": "iam", "ssm": "ssm",
    "servicequotas": "service-quotas", "acm": "acm",
}

# What AWS has added since Debian's botocore was made: (service, shape) -> members, or words of an enum.
NEWER = {
    # RefreshPreferences in the Amazon EC2 Auto Scaling API Reference; 2023.
    ("autoscaling", "RefreshPreferences"): {"AutoRollback": {"shape": "AutoRollback"}, "MaxHealthyPercentage": {"shape": "IntPercent100To200"}},
    # CopyImage, CreateNetworkAcl, CreateNetworkInterface, CreateRouteTable and DeregisterImage in the Amazon EC2 API Reference; 2023 to 2025.
    ("ec2", "CopyImageRequest"): {"TagSpecifications": {"shape": "TagSpecificationList", "locationName": "TagSpecification"}},
    ("ec2", "CreateNetworkAclRequest"): {"ClientToken": {"shape": "String"}},
    ("ec2", "CreateNetworkInterfaceRequest"): {"EnablePrimaryIpv6": {"shape": "Boolean"}},
    ("ec2", "CreateRouteTableRequest"): {"ClientToken": {"shape": "String"}},
    ("ec2", "DeregisterImageRequest"): {"DeleteAssociatedSnapshots": {"shape": "Boolean"}},
}
NEWER_SHAPES = {
    "autoscaling": {
        "AutoRollback": {"type": "boolean"},
        "IntPercent100To200": {"type": "integer", "min": 100, "max": 200},
        "RollbackInstanceRefreshType": {
            "type": "structure", "required": ["AutoScalingGroupName"], "members": {"AutoScalingGroupName": {"shape": "XmlStringMaxLen255"}},
        },
    },
    # DescribeListenerAttributes, ModifyListenerAttributes and DescribeCapacityReservation in the Elastic Load Balancing API Reference; 2024.
    "elasticloadbalancing": {
        "ListenerAttribute": {"type": "structure", "members": {"Key": {"shape": "String"}, "Value": {"shape": "StringValue"}}},
        "ListenerAttributes": {"type": "list", "member": {"shape": "ListenerAttribute"}},
        "DescribeCapacityReservationInput": {"type": "structure", "required": ["LoadBalancerArn"], "members": {"LoadBalancerArn": {"shape": "LoadBalancerArn"}}},
        "DescribeListenerAttributesInput": {"type": "structure", "required": ["ListenerArn"], "members": {"ListenerArn": {"shape": "ListenerArn"}}},
        "ModifyListenerAttributesInput": {
            "type": "structure", "required": ["ListenerArn", "Attributes"],
            "members": {"ListenerArn": {"shape": "ListenerArn"}, "Attributes": {"shape": "ListenerAttributes"}},
        },
    },
}
# RollbackInstanceRefresh in the Amazon EC2 Auto Scaling API Reference; 2023.
NEWER_OPERATIONS = {
    "autoscaling": {"RollbackInstanceRefresh": {"input": {"shape": "RollbackInstanceRefreshType"}}},
    "elasticloadbalancing": {
        "DescribeCapacityReservation": {"input": {"shape": "DescribeCapacityReservationInput"}},
        "DescribeListenerAttributes": {"input": {"shape": "DescribeListenerAttributesInput"}},
        "ModifyListenerAttributes": {"input": {"shape": "ModifyListenerAttributesInput"}},
    },
}

# Enums that say nothing of what AWS takes: it has more instance types every month, and others in each region.
OPEN = {"InstanceType"}


class Violation(Exception):
    """What keeps a request from being read at all."""


class Service:
    def __init__(self, name):
        self.model = botocore.loaders.Loader().load_service_model(NAMES[name], "service-2")
        self.shapes = self.model["shapes"]
        self.protocol = self.model["metadata"]["protocol"]
        self.version = self.model["metadata"]["apiVersion"]
        self.model["operations"] = NEWER_OPERATIONS.get(name, {}) | self.model["operations"]
        self.model["shapes"] = self.shapes = NEWER_SHAPES.get(name, {}) | self.shapes
        for shape in OPEN & self.shapes.keys():
            self.shapes[shape].pop("enum", None)
        for (service, shape), more in NEWER.items():
            if service == name and isinstance(more, dict):
                self.shapes[shape]["members"] = more | self.shapes[shape]["members"]
            elif service == name:
                self.shapes[shape]["enum"] += more

    def operation(self, name):
        if name not in self.model["operations"]:
            raise Violation(f"the service has no operation {name!r}")
        return self.model["operations"][name]


@functools.cache
def service(name):
    if name not in NAMES:
        raise Violation("no model is known of this service")
    return Service(name)


class Call:
    """One call: its service, its operation, and what is wrong with it."""

    def __init__(self, line):
        self.line = line
        self.service = service(line["service"])
        self.shapes = self.service.shapes
        self.violations = []
        self.body = line.get("text", "").encode() or base64.b64decode(line.get("bytes", ""))
        if self.header("Content-Encoding") == "gzip":
            self.body = gzip.decompress(self.body)

    def header(self, name):
        return self.line["header"].get(name, "")

    def wrong(self, path, what):
        self.violations.append((path, what))

    def judge(self):
        """Reads the call and judges it; returns its operation's name."""
        name, value = self.read()
        if name != self.line["operation"]:
            self.wrong("", f"the cloud took it for {self.line['operation']!r}")
        shape = self.service.operation(name).get("input", {}).get("shape")
        if shape:
            self.check(shape, value, "")
        return name

    def read(self):
        kind = self.header("Content-Type").split(";")[0]
        if kind == "application/cbor":
            return self.read_rpc(urllib.parse.urlsplit(self.line["uri"]).path.rsplit("/", 1)[1], Cbor(self.body).whole)
        if self.header("X-Amz-Target"):
            return self.read_rpc(self.header("X-Amz-Target").rsplit(".", 1)[1], lambda: json.loads(self.body))
        if kind == "application/x-www-form-urlencoded" or self.service.protocol in ("ec2", "query"):
            return self.read_query()  # CloudWatch's, too, of older clients
        return self.read_rest()

    def read_rpc(self, name, parse):
        """CBOR and JSON: members have their model's names."""
        shape = self.service.operation(name).get("input", {}).get("shape")
        return name, self.from_plain(shape, parse(), "") if shape else {}

    def from_plain(self, shape, value, path):
        s = self.shapes[shape]
        if s["type"] == "structure" and isinstance(value, dict):
            known = {k: v for k, v in value.items() if k in s["members"]}
            for k in value.keys() - known.keys():
                self.wrong(join(path, k), "is no member of the model")
            return {k: self.from_plain(s["members"][k]["shape"], v, join(path, k)) for k, v in known.items() if v is not None}
        if s["type"] == "list" and isinstance(value, list):
            return [self.from_plain(s["member"]["shape"], v, f"{path}[{i}]") for i, v in enumerate(value)]
        if s["type"] == "map" and isinstance(value, dict):
            return {k: self.from_plain(s["value"]["shape"], v, join(path, k)) for k, v in value.items()}
        if s["type"] == "blob" and isinstance(value, str):  # in JSON; secrets are recorded as HIDDEN
            return value.encode() if value == "HIDDEN" else base64.b64decode(value, validate=True)
        return value

    # The query protocols: flat parameters whose names are paths.

    def read_query(self):
        pairs = urllib.parse.parse_qsl(urllib.parse.urlsplit(self.line["uri"]).query, keep_blank_values=True)
        pairs += urllib.parse.parse_qsl(self.body.decode(), keep_blank_values=True, strict_parsing=bool(self.body))
        form = {k: v for k, v in pairs if not k.startswith("X-Amz-")}
        if len(form) != len([k for k, _ in pairs if not k.startswith("X-Amz-")]):
            self.wrong("", "a parameter is sent twice")
        name, version = form.pop("Action", ""), form.pop("Version", "")
        if version != self.service.version:
            self.wrong("Version", f"{version!r} is not {self.service.version}")
        shape = self.service.operation(name).get("input", {}).get("shape")
        used = set()
        value = self.from_form(shape, form, used, "", "") if shape else {}
        for key in sorted(form.keys() - used):
            self.wrong(key, "is no parameter of the model")
        return name, value

    def from_form(self, shape, form, used, prefix, path):
        s = self.shapes[shape]
        if s["type"] == "structure":
            found = {}
            for name, ref in s["members"].items():
                key = join(prefix, self.query_name(name, ref))
                if any(k == key or k.startswith(key + ".") for k in form):
                    found[name] = self.from_form_member(ref, form, used, key, join(path, name))
            return found
        if s["type"] in ("list", "map"):
            raise Violation(f"{path}: a {s['type']} within a {s['type']} is not known in the query protocols")
        used.add(prefix)
        return self.scalar(s, form.get(prefix, ""), path)

    def from_form_member(self, ref, form, used, key, path):
        s = self.shapes[ref["shape"]]
        if s["type"] != "list":
            return self.from_form(ref["shape"], form, used, key, path)
        if form.get(key) == "":
            used.add(key)
            return []
        if self.service.protocol == "query" and not s.get("flattened") and not ref.get("flattened"):
            key = join(key, s["member"].get("locationName", "member"))
        numbers = {k[len(key) + 1:].split(".")[0] for k in form if k.startswith(key + ".")}
        if not all(n.isdecimal() for n in numbers):
            raise Violation(f"{path}: a list's elements are not numbered")
        if sorted(map(int, numbers)) != list(range(1, len(numbers) + 1)):
            self.wrong(path, "a list's elements are not numbered from 1 on")
        elements = sorted(numbers, key=int)
        return [self.from_form(s["member"]["shape"], form, used, f"{key}.{n}", f"{path}[{i}]") for i, n in enumerate(elements)]

    def query_name(self, name, ref):
        if self.service.protocol != "ec2":
            return ref.get("locationName", name)
        if "queryName" in ref:
            return ref["queryName"]
        name = ref.get("locationName", name)
        return name[0].upper() + name[1:]

    # REST: the operation is the method and the path.

    def read_rest(self):
        url = urllib.parse.urlsplit(self.line["uri"])
        query = urllib.parse.parse_qs(url.query, keep_blank_values=True)
        name, labels = self.route(url.path, query)
        op = self.service.operation(name)
        if "input" not in op:
            return name, {}
        members = self.shapes[op["input"]["shape"]]["members"]
        value = self.from_body(op) if self.body else {}
        for member, ref in members.items():
            key = ref.get("locationName", member)
            s = self.shapes[ref["shape"]]
            if ref.get("location") == "uri":
                value[member] = self.scalar(s, labels[key], member)
            elif ref.get("location") == "querystring" and key in query:
                value[member] = query.pop(key) if s["type"] == "list" else self.scalar(s, query.pop(key)[0], member)
        for key in query:
            self.wrong(key, "is no member of the model in the query")
        return name, value

    def route(self, path, query):
        """The operation whose path has the fewest labels, and the labels' values."""
        found = []
        for name, op in self.service.model["operations"].items():
            want, _, fixed = op["http"]["requestUri"].partition("?")
            labels = match(want, path)
            if op["http"]["method"] == self.line["method"] and labels is not None and all(k in query for k in fixed.split("&") if k):
                found.append((len(labels), -len(fixed), name, labels, fixed))
        if not found:
            raise Violation(f"no operation has {self.line['method']} {path}")
        _, _, name, labels, fixed = min(found, key=lambda f: f[:3])
        for k in fixed.split("&"):
            query.pop(k, None)
        return name, labels

    def from_body(self, op):
        shape = op["input"]["shape"]
        if self.service.protocol == "rest-json":
            return self.from_plain(shape, json.loads(self.body), "")
        root = xml.etree.ElementTree.fromstring(self.body)
        space = op["input"].get("xmlNamespace", {}).get("uri")
        want = ("{%s}" % space if space else "") + op["input"].get("locationName", shape)
        if root.tag != want:
            self.wrong("", f"the body's root is {root.tag!r}, not {want!r}")
        return self.from_xml(shape, root, "", in_body=lambda ref: "location" not in ref)

    def from_xml(self, shape, node, path, in_body=lambda ref: True):
        s = self.shapes[shape]
        if s["type"] == "structure":
            found, known = {}, set()
            for name, ref in s["members"].items():
                if not in_body(ref):
                    continue
                key, target = ref.get("locationName", name), self.shapes[ref["shape"]]
                nodes = [c for c in node if local(c) == key]
                known.add(key)
                if ref.get("flattened") or target.get("flattened"):
                    raise Violation(f"{path}: a flattened list is not known in XML")
                if len(nodes) > 1:
                    self.wrong(join(path, name), "is sent more than once")
                if nodes:
                    found[name] = self.from_xml(ref["shape"], nodes[0], join(path, name))
            for c in node:
                if local(c) not in known:
                    self.wrong(join(path, local(c)), "is no element of the model")
            return found
        if s["type"] == "list":
            element = s["member"].get("locationName", "member")
            for c in node:
                if local(c) != element:
                    self.wrong(path, f"an element {local(c)!r} is in the list, not {element!r}")
            return [self.from_xml(s["member"]["shape"], c, f"{path}[{i}]") for i, c in enumerate(node)]
        if len(node):
            self.wrong(path, f"elements are in a {s['type']}")
        return self.scalar(s, node.text or "", path)

    def scalar(self, s, text, path):
        """A value from its text, or None where the text is none of its type."""
        forms = {
            "integer": r"-?\d+", "long": r"-?\d+", "boolean": "true|false",
            "float": r"-?\d+(\.\d+)?([eE][+-]?\d+)?", "double": r"-?\d+(\.\d+)?([eE][+-]?\d+)?",
            "timestamp": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z",
        }
        form = forms.get(s["type"])
        if form and not re.fullmatch(form, text):
            self.wrong(path, f"{text!r} is no {s['type']}")
            return None
        if s["type"] in ("integer", "long"):
            return int(text)
        if s["type"] in ("float", "double"):
            return float(text)
        if s["type"] == "blob":
            return base64.b64decode(text, validate=True)
        if s["type"] == "boolean":
            return text == "true"
        return text

    # The constraints.

    def check(self, shape, value, path):
        s = self.shapes[shape]
        if value is None:
            return
        if not isinstance(value, TYPES[s["type"]]) or isinstance(value, bool) and s["type"] != "boolean":
            self.wrong(path, f"{value!r} is no {s['type']}")
            return
        if s["type"] == "structure":
            for name in s.get("required", []):
                if value.get(name) is None:
                    self.wrong(join(path, name), "is required and missing")
            for name, v in value.items():
                self.check(s["members"][name]["shape"], v, join(path, name))
        elif s["type"] == "list":
            self.check_size(s, len(value), path, "elements")
            for i, v in enumerate(value):
                self.check(s["member"]["shape"], v, f"{path}[{i}]")
        elif s["type"] == "map":
            for k, v in value.items():
                self.check(s["key"]["shape"], k, join(path, k))
                self.check(s["value"]["shape"], v, join(path, k))
        elif s["type"] == "string":
            self.check_string(s, value, path)
        elif s["type"] == "blob":
            self.check_size(s, len(value), path, "bytes")
        elif s["type"] in ("integer", "long", "float", "double"):
            self.check_size(s, value, path, "")

    def check_string(self, s, value, path):
        self.check_size(s, len(value), path, "characters")
        if "pattern" in s and not pattern(s["pattern"]).fullmatch(value):
            self.wrong(path, f"{value!r} is not of the form {s['pattern']}")
        if "enum" in s and value not in s["enum"]:
            self.wrong(path, f"{value!r} is none of {', '.join(s['enum'])}")

    def check_size(self, s, size, path, unit):
        if "min" in s and size < s["min"]:
            self.wrong(path, f"{size} {unit} is less than {s['min']}".replace("  ", " "))
        if "max" in s and size > s["max"]:
            self.wrong(path, f"{size} {unit} is more than {s['max']}".replace("  ", " "))


TYPES = {
    "structure": dict, "map": dict, "list": list, "string": str, "boolean": bool, "blob": bytes, "integer": int, "long": int,
    "float": (int, float), "double": (int, float), "timestamp": (str, datetime.datetime, int, float),
}


def join(path, name):
    return f"{path}.{name}" if path else name


def local(node):
    return node.tag.rpartition("}")[2]


def match(want, path):
    """The labels of a path, or None where it is another's. Both may end with a slash or not."""
    want, have = want.strip("/").split("/"), path.strip("/").split("/")
    if len(want) != len(have):
        return None
    labels = {}
    for w, h in zip(want, have):
        if w.startswith("{"):
            labels[w.strip("{+}")] = urllib.parse.unquote(h)
        elif w != h:
            return None
    return labels


@functools.cache
def pattern(java):
    """A model's pattern, a Java regular expression, in Python's syntax. In Java a pair of surrogates is one character."""
    text = java.replace(r"\uD800\uDC00-\uDBFF\uDFFF", r"\U00010000-\U0010FFFF").replace(r"\p{ASCII}", r"[\x00-\x7F]")
    return re.compile(re.sub(r"\\p\{([A-Z])\}", lambda m: category(m[1]), text), re.ASCII)


@functools.cache
def category(letter):
    """The characters of a category of Unicode, as ranges in a class."""
    ranges, start = [], None
    for c in range(sys.maxunicode + 2):
        inside = c <= sys.maxunicode and unicodedata.category(chr(c))[0] == letter
        if inside and start is None:
            start = c
        elif not inside and start is not None:
            ranges.append(f"\\U{start:08x}-\\U{c - 1:08x}")
            start = None
    return "".join(ranges)


class Cbor:
    """Reads CBOR (RFC 8949), what of it AWS's clients write."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def whole(self):
        return self.item() if self.data else {}

    def take(self, n):
        self.at += n
        if self.at > len(self.data):
            raise Violation("the CBOR ends early")
        return self.data[self.at - n:self.at]

    def item(self):
        head = self.take(1)[0]
        major, low = head >> 5, head & 31
        if major == 7:
            return self.simple(low)
        if low == 31:
            return self.endless(major)
        n = low if low < 24 else int.from_bytes(self.take(1 << low - 24), "big")
        if major == 0:
            return n
        if major == 1:
            return -1 - n
        if major == 2:
            return self.take(n)
        if major == 3:
            return self.take(n).decode()
        if major == 4:
            return [self.item() for _ in range(n)]
        if major == 5:
            return {self.item(): self.item() for _ in range(n)}
        return self.item()  # a tag, which for AWS's clients is a time's

    def endless(self, major):
        items = []
        while self.data[self.at] != 0xFF:
            items.append(self.item())
        self.at += 1
        return items if major == 4 else dict(zip(items[::2], items[1::2])) if major == 5 else type(items[0])().join(items)

    def simple(self, low):
        if low in (20, 21):
            return low == 21
        if low == 22:
            return None
        formats = {25: ">e", 26: ">f", 27: ">d"}
        if low not in formats:
            raise Violation(f"the CBOR has the simple value {low}")
        return struct.unpack(formats[low], self.take(1 << low - 24))[0]


def key(line):
    """What two calls have in common that need be judged but once."""
    return line["service"], line["method"], line["uri"], line.get("text"), line.get("bytes"), line["operation"]


def main():
    calls, operations, judged, violations = 0, {}, {}, {}
    with open(sys.argv[1]) as f:
        for text in f:
            line = json.loads(text)
            calls += 1
            if key(line) not in judged:
                judged[key(line)] = judge(line)
            name, wrong = judged[key(line)]
            operations[f"{line['service']} {name}"] = operations.get(f"{line['service']} {name}", 0) + 1
            for path, what in wrong:
                found = violations.setdefault((line["service"], name, path, what), {
                    "service": line["service"], "operation": name, "member": path, "what": what, "calls": 0, "client": line["header"].get("User-Agent", ""),
                })
                found["calls"] += 1
    json.dump({
        "botocore": botocore.__version__, "calls": calls, "distinct": len(judged), "operations": operations, "violations": list(violations.values()),
    }, sys.stdout)


def judge(line):
    try:
        call = Call(line)
    except Violation as v:
        return line["operation"], [("", str(v))]
    try:
        return call.judge(), call.violations
    except (Violation, ValueError, xml.etree.ElementTree.ParseError) as v:
        return line["operation"], call.violations + [("", f"cannot be read: {v}")]


main()
