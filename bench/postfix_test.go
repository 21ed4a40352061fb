package bench

import (
	"fmt"
	"testing"

	"callout/test/servers"
)

const benchUsers = 100_000

// unpausedMain has two limits that are not the stock ones, since the direct client would run into them:
// in_flow_delay, with which each MAIL transaction takes a second, and the number of RSETs in a session.
const unpausedMain = `in_flow_delay = 0
smtpd_junk_command_limit = 1000000
`

// startPostfix starts a Postfix destination with 100,000 recipients of example.com, and main in its main.cf, and
// returns it and its address.
func startPostfix(b *testing.B, main string) (p *servers.Postfix, addr string) {
	b.Helper()
	users := make([]string, benchUsers)
	for i := range users {
		users[i] = fmt.Sprintf("user%d", i)
	}
	return servers.StartMailboxes(b, "example.com", users, main)
}
