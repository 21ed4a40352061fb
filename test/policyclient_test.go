package test

import (
	"bufio"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"
)

// policyClient speaks Postfix's policy protocol over one connection.
type policyClient struct {
	conn net.Conn
	r    *bufio.Reader
}

// dialPolicy connects to a policy listener. Every answer must come within a minute.
func dialPolicy(t *testing.T, addr string) *policyClient {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return &policyClient{conn: c, r: bufio.NewReader(c)}
}

// ask sends a request at RCPT for a recipient and returns the action.
func (p *policyClient) ask(recipient string) (action string, err error) {
	p.conn.SetDeadline(time.Now().Add(time.Minute))
	_, err = fmt.Fprintf(p.conn, "request=smtpd_access_policy\nprotocol_state=RCPT\nprotocol_name=ESMTP\n"+
		"client_address=192.0.2.7\nclient_name=client.test\nhelo_name=client.test\nqueue_id=\n"+
		"sender=sender@client.test\nrecipient=%s\nrecipient_count=0\n\n", recipient)
	if err != nil {
		return "", fmt.Errorf("ask for %s: %w", recipient, err)
	}
	for {
		line, err := p.r.ReadString('\n')
		if err != nil {
			return "", fmt.Errorf("answer for %s: %w", recipient, err)
		}
		if line = strings.TrimSuffix(line, "\n"); line == "" {
			return action, nil
		}
		action = strings.TrimPrefix(line, "action=")
	}
}

// askOnce asks over a connection of its own.
func askOnce(t *testing.T, addr, recipient string) string {
	t.Helper()
	p := dialPolicy(t, addr)
	defer p.conn.Close()
	action, err := p.ask(recipient)
	if err != nil {
		t.Fatal(err)
	}
	return action
}
