"""Prints what the junitparser module reads on standard input: the counts of each suite, then each case."""
import sys
from junitparser import JUnitXml

for suite in JUnitXml.fromstring(sys.stdin.buffer.read()):
    print(suite.name, suite.tests, suite.failures, suite.errors, suite.skipped, sep="|")
    for case in suite:
        print(case.classname, case.name, *((type(r).__name__, r.type, r.message) for r in case.result), sep="|")
