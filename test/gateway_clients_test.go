package test

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"callout/test/servers"
)

func TestGatewayTakesMailFromSwaksAndSMTPSource(t *testing.T) {
	t.Parallel()
	keepers := startKeepers(t)
	g := startGateway(t, "", keepers...)
	message := messageHeader + "\r\n.\r\n..two\r\n.three\r\n\r\ncaf\xe9\r\n" + strings.Repeat("0123456789", 1000) + "\r\n.\r\nend\r\n"
	file := filepath.Join(folder(t), "message")
	write(t, file, strings.ReplaceAll(message, "\r\n", "\n"))
	for _, k := range keepers {
		t.Run(k.Name, func(t *testing.T) {
			t.Parallel()
			swaksUser, sourceUser, missing := servers.ValidUser(0), servers.ValidUser(1), servers.InvalidUser(0)
			runClient(t, "swaks", "--server", g.addr, "--ehlo", "client.test", "--from", mailSender, "--pipeline",
				"--to", swaksUser+"@"+k.Domain, "--data", "@"+file)
			checkArrived(t, k, swaksUser, message+"\r\n") // these clients end each message with an empty line

			const messages = 20
			runClient(t, "smtp-source", "-s", "5", "-m", "20", "-M", "client.test", "-f", mailSender,
				"-t", sourceUser+"@"+k.Domain, "-F", file, g.addr)
			kept := k.Kept(t, sourceUser)
			if len(kept) != messages {
				t.Errorf("%d messages from smtp-source, want %d", len(kept), messages)
			}
			for _, one := range kept {
				checkSame(t, k, one, message+"\r\n")
			}

			transcript, accepted := swaks(t, g.addr, missing+"@"+k.Domain, "refused")
			reply := replyTo("RCPT TO:<"+missing+"@"+k.Domain+">", transcript)
			if accepted || !strings.HasPrefix(reply, "550 5.1.1 ") {
				t.Errorf("a recipient that does not exist: %q, want 550 5.1.1\n%s", reply, transcript)
			}
		})
	}
}

// runClient runs a client that has to succeed.
func runClient(t *testing.T, name string, args ...string) {
	t.Helper()
	cmd := exec.Command(tool(t, name), args...)
	cmd.WaitDelay = time.Minute
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
}

// Postfix sends by DATA, Exim by BDAT.
func TestGatewayTakesMailFromPostfixAndExim(t *testing.T) {
	t.Parallel()
	keepers := startKeepers(t)
	g := startGateway(t, "", keepers...)
	var domains []string
	for _, k := range keepers {
		domains = append(domains, k.Domain)
	}
	postfix, postfixAddr := servers.StartPostfixSender(t, strings.Join(domains, " "), g.addr)
	eximAddr, eximLog := servers.StartEximSender(t, strings.Join(domains, " : "), g.addr)
	senders := []struct {
		name, addr string
		log        func() string
	}{
		{"Postfix", postfixAddr, func() string { return postfix.Log(t) }},
		{"Exim", eximAddr, eximLog},
	}
	for i, sender := range senders {
		t.Run("from "+sender.name, func(t *testing.T) {
			t.Parallel()
			t.Cleanup(func() {
				if t.Failed() {
					t.Logf("the log of the sender:\n%s", sender.log())
				}
			})
			var sent []shape
			for _, s := range shapes {
				if sender.name != "Exim" || hasBody(s.message) { // Exim ends every header with an empty line
					sent = append(sent, s)
				}
			}
			c := dialMail(t, sender.addr)
			for _, k := range keepers {
				for j, s := range sent {
					c.expect(t, "250", c.say("MAIL FROM:<"+mailSender+"> BODY=8BITMIME"))
					c.expect(t, "250", c.say("RCPT TO:<"+servers.ValidUser(i*len(shapes)+j)+"@"+k.Domain+">"))
					c.expect(t, "250", c.data(t, s.message))
				}
			}
			c.quit(t)
			for _, k := range keepers {
				for j, s := range sent {
					user := servers.ValidUser(i*len(shapes) + j)
					eventually(t, patience, s.name+" has arrived at "+k.Name, func() bool { return len(k.Kept(t, user)) > 0 })
					checkArrived(t, k, user, s.message, "relay.test")
				}
			}
		})
	}
}
