package test

import (
	"regexp"
	"strconv"
	"testing"

	"callout/test/servers"
)

var messageID = regexp.MustCompile(`(?mi)^Message-Id: (.*)$`)

func TestGatewayPassesOnFiveThousandMessagesOfFiftySessions(t *testing.T) {
	t.Parallel()
	const messages = 5000
	k, _ := servers.StartPostfixKeeper(t, "smtpd_client_connection_count_limit = 0\n") // stock: 50, callouts included
	g := startGateway(t, "", k)
	runClient(t, "smtp-source", "-s", "50", "-m", strconv.Itoa(messages), "-l", "4096", "-M", "client.test",
		"-f", mailSender, "-t", servers.ValidUser(0)+"@"+k.Domain, g.addr)
	kept := k.Kept(t, servers.ValidUser(0))
	times := map[string]int{}
	for _, one := range kept {
		times[messageID.FindString(one)]++
	}
	if len(kept) != messages || len(times) != messages || times[""] > 0 {
		t.Errorf("%d messages arrived, %d of them different, want %d", len(kept), len(times), messages)
	}
}
