package servers

import (
	"strings"
	"testing"
)

// StartDovecotKeeper starts a Dovecot that keeps what it is sent by LMTP. It delivers before it accepts.
func StartDovecotKeeper(t testing.TB) *Keeper {
	t.Helper()
	s, r := startDovecot(t)
	return &Keeper{
		Name:        "Dovecot",
		Domain:      s.Domain,
		Host:        "dovecot.test",
		Destination: s.Destinations[0],
		Addr:        strings.TrimPrefix(s.Destinations[0], "lmtp://"),
		Log:         s.Log,
		mail:        r.path("var/mail"),
	}
}
