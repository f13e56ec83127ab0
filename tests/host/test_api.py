"""Every answer that the agent gives is one that api/openapi.yaml describes."""
import json
import re

import jsonschema
import yaml

from box import TOP
from promise import HostTest, main


class Description:
    """api/openapi.yaml, and what was seen of it."""

    def __init__(self):
        self.whole = yaml.safe_load((TOP / "api" / "openapi.yaml").read_text())
        self.resolver = jsonschema.RefResolver("", self.whole)
        prefix = "/api/v1" if any("/api/v1" in s.get("url", "") for s in self.whole.get("servers", [])) else ""
        self.routes = []
        for template, methods in self.whole["paths"].items():
            shared = self.resolved(methods)
            pattern = re.compile(re.sub(r"\\\{[^/]+?\\\}", "[^/]+", re.escape(template)) + "$")
            self.routes.append((template, {template, prefix + template}, pattern, prefix, shared))
        self.seen = set()

    def resolved(self, node):
        while isinstance(node, dict) and "$ref" in node:
            node = self.resolver.resolve(node["$ref"])[1]
        return node

    def operation(self, method, path):
        path = path.split("?")[0]
        for template, _, pattern, prefix, methods in self.routes:
            for form in (path, path.removeprefix(prefix)):
                if pattern.match(form) and method.lower() in methods:
                    return template, methods[method.lower()]
        raise AssertionError(f"{method} {path} is not described")

    def check(self, method, path, answer):
        template, operation = self.operation(method, path)
        answers = operation["responses"]
        described = self.resolved(answers.get(str(answer.status)) or answers.get(f"{answer.status // 100}XX")
                                  or answers.get("default"))
        if described is None:
            raise AssertionError(f"{method} {template} does not describe {answer}")
        self.seen.add((method.lower(), template, answer.status))
        content = described.get("content", {})
        kind = answer.headers.get("Content-Type", "").split(";")[0]
        if not content:
            assert not answer.body, f"{method} {template} describes no content: {answer}"
            return
        assert kind in content, f"{method} {template} describes {list(content)}, not {kind}: {answer}"
        if kind == "application/json":
            jsonschema.Draft202012Validator(content[kind].get("schema", {}), resolver=self.resolver).validate(answer.json)


class Conformance(HostTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.description = Description()

    def ask(self, method, path, body=None, headers=None, status=None):
        full = f"/api/{path}" if path.startswith("v1/") else path
        answer = self.upload(full.partition("?")[2], body) if "images?" in full else self.box.api(method, full, body, headers)
        self.description.check(method, full, answer)
        if status:
            self.assertEqual(answer.status, status, answer)
        return answer

    def test_answers_are_as_described(self):
        accepted = self.ask("POST", "v1/sessions", self.body(), status=202)
        self.assertEqual(accepted.headers["Location"], f"/api/v1/operations/{accepted.json['operation']['id']}")
        session, operation = accepted.json["session"]["id"], accepted.json["operation"]["id"]
        self.ask("GET", f"v1/operations/{operation}", status=200)
        self.box.wait_operation(operation)
        for path in (f"v1/operations/{operation}", f"v1/sessions/{session}", "v1/sessions?user=alice&limit=1",
                     "v1/images", "v1/admin/health", "v1/admin/resources", "v1/events?follow=no", "/healthz", "/readyz",
                     "/metrics"):
            self.ask("GET", path, status=200)
        self.ask("POST", f"v1/sessions/{session}/actions/extend", {"seconds": 60}, status=200)
        key = self.box.shell("ssh-keygen -q -t ed25519 -N '' -C c -f /root/c; cat /root/c.pub").strip()
        self.box.operation(self.ask("POST", f"v1/sessions/{session}/ssh-keys", {"key": key}, status=202))
        print_of = self.box.shell("ssh-keygen -lf /root/c.pub").split()[1].replace("/", "%2F").replace("+", "%2B")
        self.box.operation(self.ask("DELETE", f"v1/sessions/{session}/ssh-keys/{print_of}", status=202))
        for action in ("stop", "start"):
            self.box.operation(self.ask("POST", f"v1/sessions/{session}/actions/{action}", status=202))
        self.box.operation(self.ask("DELETE", f"v1/sessions/{session}", status=202))
        image = self.ask("POST", "v1/images?name=other&format=raw",
                         (bytes(510) + b"\x55\xaa").ljust(1 << 20, b"\0"), status=201)
        self.assertEqual(image.json["virtual_size"], 1 << 20)
        self.ask("DELETE", "v1/images/other")

    def test_refusals_are_as_described(self):
        for method, path, body, status in (
                ("POST", "v1/sessions", {"name": 1}, 400), ("POST", "v1/sessions", b"{", 400),
                ("POST", "v1/sessions", self.body(image="none"), 404),
                ("GET", "v1/sessions/00000000000000000000000000", None, 404),
                ("GET", "v1/sessions?limit=x", None, 400), ("DELETE", "v1/images/none", None, 404),
                ("GET", "v1/operations/00000000000000000000000000", None, 404),
                ("POST", "v1/sessions/00000000000000000000000000/actions/extend", {"seconds": -1}, 400),
                ("POST", "v1/images?name=x&format=qcow2", b"text", None)):
            with self.subTest(method=method, path=path):
                answer = self.ask(method, path, body, status=status)
                self.assertRegex(answer.json["code"], "^(REQ|RES|STO|AUTH|VM|NET)_[0-9]{3}$")

    def test_every_code_and_route_is_described(self):
        text = json.dumps(self.description.whole)
        table = (TOP / "core" / "error.cpp").read_text()
        for code in re.findall(r'"((?:AUTH|REQ|RES|VM|NET|STO)_[0-9]{3})"', table):
            self.assertIn(code, text)


if __name__ == "__main__":
    main()
