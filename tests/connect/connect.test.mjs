// The authors' own client of the Connect protocol against a real daemon: unary and streaming, JSON and binary, errors
// with details, deadlines, cancellation. tests/end_to_end/test_connect_node.py starts the daemon and runs this.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { createClient, Code, ConnectError } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";

const env = process.env;
const load = (path) => import(`${env.SALLYPORT_GEN}/sallyport/${path}_pb.js`);
const { AccessService, Decision } = await load("access/v1/access");
const { BadgeEventService } = await load("badge/v1/badge");
const { OperatorService } = await load("operator/v1/operator");
const { AuditService } = await load("audit/v1/audit");
const { ErrorInfoSchema, BadRequestSchema } = await import(`${env.SALLYPORT_GEN}/google/rpc/error_details_pb.js`);

const transport = (options = {}, token = env.SALLYPORT_TOKEN) =>
  createConnectTransport({
    baseUrl: env.SALLYPORT_HTTPS,
    httpVersion: "1.1",
    nodeOptions: { ca: readFileSync(env.SALLYPORT_CA) },
    interceptors: [
      (next) => (request) => {
        if (token) request.header.set("Authorization", `Bearer ${token}`);
        return next(request);
      },
    ],
    ...options,
  });

const read = (requestId, accessPointId = env.SALLYPORT_ACCESS_POINT) => ({
  requestId,
  accessPointId,
  presented: { case: "credentialId", value: env.SALLYPORT_CREDENTIAL },
});

for (const [name, options] of [
  ["JSON", {}],
  ["binary", { useBinaryFormat: true }],
  ["GET", { useHttpGet: true }],
  ["gzip", { acceptCompression: undefined }],
]) {
  test(`unary, ${name}`, async () => {
    const who = await createClient(OperatorService, transport(options)).whoAmI({});
    assert.equal(who.operator.id, "admin");
    assert.equal(who.authenticatedBy, "token");
  });
  test(`a decision, ${name}`, async () => {
    const client = createClient(AccessService, transport(options));
    const answer = await client.authorize(read(`connect-${name}`));
    assert.equal(answer.decision, Decision.GRANT);
    assert.equal(answer.receipt.leafHash.length, 32);
    const again = await client.authorize(read(`connect-${name}`));
    assert.equal(again.receipt.index, answer.receipt.index);
  });
}

for (const useBinaryFormat of [false, true]) {
  test(`a server stream resumes from its cursor, ${useBinaryFormat ? "binary" : "JSON"}`, async () => {
    const events = createClient(BadgeEventService, transport({ useBinaryFormat }));
    const access = createClient(AccessService, transport());
    const prefix = `stream-${useBinaryFormat}`;
    const seen = [];
    const stop = new AbortController();
    let cursor = "0";
    for (let i = 0; i < 3; ++i) await access.authorize(read(`${prefix}-${i}`));
    await assert.rejects(
      async () => {
        for await (const batch of events.watchEvents({ cursor, filter: { kinds: ["decision"] } }, { signal: stop.signal })) {
          cursor = batch.cursor;
          seen.push(...batch.events.map((event) => event.requestId).filter((id) => id.startsWith(prefix)));
          if (seen.length === 3) await access.authorize(read(`${prefix}-3`));
          if (seen.length >= 4) stop.abort();
        }
      },
      (error) => ConnectError.from(error).code === Code.Canceled,
    );
    assert.deepEqual(seen, [0, 1, 2, 3].map((i) => `${prefix}-${i}`));
    await access.authorize(read(`${prefix}-4`));
    const done = new AbortController();
    await assert.rejects(
      async () => {
        for await (const batch of events.watchEvents({ cursor, filter: { kinds: ["decision"] } }, { signal: done.signal })) {
          assert.equal(batch.events[0].requestId, `${prefix}-4`);
          done.abort();
        }
      },
      (error) => ConnectError.from(error).code === Code.Canceled,
    );
  });
}

const refusal = async (promise) => {
  try {
    await promise;
  } catch (error) {
    return ConnectError.from(error);
  }
  assert.fail("was not refused");
};

test("errors carry their details", async () => {
  const error = await refusal(createClient(AccessService, transport()).authorize(read("nowhere", "no-such-door")));
  assert.equal(error.code, Code.NotFound);
  assert.equal(error.findDetails(ErrorInfoSchema)[0].domain, "sallyport");
  const empty = await refusal(createClient(AccessService, transport({ useBinaryFormat: true })).authorize({ requestId: "x" }));
  assert.equal(empty.code, Code.InvalidArgument);
  assert.equal(empty.findDetails(BadRequestSchema)[0].fieldViolations[0].field, "access_point_id");
});

test("no identity, no answer", async () => {
  for (const token of ["", "sp_admin_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"]) {
    const error = await refusal(createClient(OperatorService, transport({}, token)).whoAmI({}));
    assert.equal(error.code, Code.Unauthenticated);
  }
});

test("a method of a later version is unimplemented", async () => {
  const error = await refusal(createClient(AuditService, transport()).rotateKey({ requestId: "r" }));
  assert.equal(error.code, Code.Unimplemented);
});

test("a deadline ends a stream", async () => {
  const events = createClient(BadgeEventService, transport());
  const error = await refusal(
    (async () => {
      for await (const _ of events.watchEvents({}, { timeoutMs: 300 }));
    })(),
  );
  assert.equal(error.code, Code.DeadlineExceeded);
});
