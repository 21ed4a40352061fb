// Package api is what can be seen and changed while Callout runs, as JSON over HTTP under /api/v1: domains, their
// local recipients, verdicts, pauses, and how everything stands. It is served on the admin socket, whose file
// permissions are the access control.
//
// Its handlers read a request, call one operation of verify, domains or callout, and word the result; errors are
// problem details (RFC 9457). The types of the bodies are exported for the client in cli.
package api
