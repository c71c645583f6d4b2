"""Judges package wire by botocore: reads a case a line as JSON, and writes what botocore made of it, a line each.

{"kind": "output"}: an answer of ours, and what was put into it; the reply lists where botocore read something else.
{"kind": "input"}: an operation's parameters; the reply is the request that botocore makes of them.
Both list the members that this botocore does not know, which are left out.
"""

import base64
import datetime
import json
import sys

import botocore.awsrequest
import botocore.loaders
import botocore.model
import botocore.parsers
import botocore.serialize

EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
loader = botocore.loaders.Loader()
models = {}


def model(service, protocol):
    """The service's model; CloudWatch's is also told to speak AWS JSON, as later releases' does."""
    if (service, protocol) not in models:
        doc = loader.load_service_model(service, "service-2")
        if protocol:
            doc = dict(doc, metadata=dict(doc["metadata"], protocol=protocol, jsonVersion="1.0", targetPrefix="Judge"))
        models[service, protocol] = botocore.model.ServiceModel(doc, service)
    return models[service, protocol]


def milliseconds(t):
    return round((t - EPOCH) / datetime.timedelta(milliseconds=1))


def compare(shape, want, got, path, diffs, unknown):
    kind = shape.type_name if shape is not None else "structure"
    if kind == "structure":
        members = shape.members if shape is not None else {}
        for name, value in want.items():
            if name not in members:
                unknown.append(path + "." + name)
            elif got.get(name) is not None:
                compare(members[name], value, got[name], path + "." + name, diffs, unknown)
            elif value != []:
                diffs.append("%s.%s: sent %r, not received" % (path, name, value))
        for name, value in got.items():
            if name not in want and name != "ResponseMetadata" and value != []:
                diffs.append("%s.%s: not sent, received %r" % (path, name, value))
        return
    if kind == "list":
        if len(want) != len(got):
            diffs.append("%s: sent %d, received %d elements" % (path, len(want), len(got)))
        for i, (w, g) in enumerate(zip(want, got)):
            compare(shape.member, w, g, "%s[%d]" % (path, i), diffs, unknown)
        return
    if kind == "map":
        if sorted(want) != sorted(got):
            diffs.append("%s: sent the keys %r, received %r" % (path, sorted(want), sorted(got)))
        for name in want:
            if name in got:
                compare(shape.value, want[name], got[name], path + "." + name, diffs, unknown)
        return
    if kind == "timestamp":
        got = milliseconds(got)
    elif kind == "blob":
        got = base64.b64encode(got).decode()
    elif kind in ("float", "double"):
        want, got = float(want), float(got)
    elif kind == "string":
        want = str(want)  # Route 53's MaxItems are texts in the model, numbers in the Go SDK
    if want != got or isinstance(want, bool) != isinstance(got, bool):
        diffs.append("%s: sent %r, received %r" % (path, want, got))


def known(shape, value, path, unknown, whole):
    """What of a value the shape has, in the types that botocore takes, and the same in JSON's.
    This botocore's JSON has whole seconds only."""
    kind = shape.type_name if shape is not None else "structure"
    if kind == "structure":
        members, ours, plain = shape.members if shape is not None else {}, {}, {}
        for name, v in value.items():
            if name not in members:
                unknown.append(path + "." + name)
                continue
            o, p = known(members[name], v, path + "." + name, unknown, whole)
            if p not in ({}, []):
                ours[name], plain[name] = o, p
        return ours, plain
    if kind == "list":
        pairs = [known(shape.member, v, path, unknown, whole) for v in value]
        pairs = [pair for pair in pairs if pair[1] != {}]
        return [o for o, _ in pairs], [p for _, p in pairs]
    if kind == "map":
        pairs = {k: known(shape.value, v, path, unknown, whole) for k, v in value.items()}
        return {k: o for k, (o, _) in pairs.items()}, {k: p for k, (_, p) in pairs.items()}
    if kind == "timestamp":
        value -= value % 1000 if whole else 0
        return EPOCH + datetime.timedelta(milliseconds=value), value
    if kind == "blob":
        return base64.b64decode(value), value
    return value, value


def judge(case):
    m = model(case["service"], case.get("protocol"))
    if case["op"] not in m.operation_names:
        return {"absent": True}
    op = m.operation_model(case["op"])
    diffs, unknown = [], []
    if case["kind"] == "output":
        answer = {
            "status_code": case["status"],
            "headers": botocore.awsrequest.HeadersDict(case["headers"]),
            "body": base64.b64decode(case["body"]),
        }
        got = botocore.parsers.create_parser(m.metadata["protocol"]).parse(answer, op.output_shape)
        compare(op.output_shape, case["value"], got, "", diffs, unknown)
        return {"diffs": diffs, "unknown": unknown}
    protocol = m.metadata["protocol"]
    ours, plain = known(op.input_shape, case["value"], "", unknown, protocol == "json")
    request = botocore.serialize.create_serializer(protocol, False).serialize_to_request(ours, op)
    botocore.awsrequest.prepare_request_dict(request, "http://localhost")
    prepared = botocore.awsrequest.create_request_object(request).prepare()
    body = prepared.body or b""
    if hasattr(body, "read"):
        body = body.read()
    if isinstance(body, str):
        body = body.encode()
    return {
        "method": prepared.method,
        "url": prepared.url,
        "headers": {k: v if isinstance(v, str) else v.decode() for k, v in prepared.headers.items()},
        "body": base64.b64encode(body).decode(),
        "value": plain,
        "unknown": unknown,
    }


for line in sys.stdin:
    try:
        reply = judge(json.loads(line))
    except Exception as e:  # the case's own failure, which the test shows
        reply = {"diffs": ["%s: %s" % (type(e).__name__, e)]}
    print(json.dumps(reply), flush=True)
