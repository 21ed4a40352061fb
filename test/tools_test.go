package test

import (
	"testing"
	"time"

	"callout/test/servers"
)

// These are what test/servers has, by the short names that the tests of this package use.

func tool(t testing.TB, name string) string    { t.Helper(); return servers.Tool(t, name) }
func folder(t testing.TB) string               { t.Helper(); return servers.Folder(t) }
func write(t testing.TB, path, content string) { t.Helper(); servers.Write(t, path, content) }
func freeAddr(t testing.TB) string             { t.Helper(); return servers.FreeAddr(t) }
func listening(network, addr string) bool      { return servers.Listening(network, addr) }

func eventually(t testing.TB, within time.Duration, what string, done func() bool) {
	t.Helper()
	servers.Eventually(t, within, what, done)
}

type destination = servers.Destination

func startDestination(t testing.TB, domains []string, mailboxes ...string) *destination {
	t.Helper()
	return servers.StartDestination(t, domains, mailboxes...)
}
