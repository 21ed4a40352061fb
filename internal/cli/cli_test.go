package cli_test

import (
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"callout/internal/cli"
	"callout/internal/lab"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"callout": func() { os.Exit(cli.Run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) },
	})
}

// Every script of testdata reads like a terminal session. Besides testscript's own commands there are
//
//	ready URL              waits until a server answers 200 there
//	policy ADDR RECIPIENT  asks the policy front end, and prints the action
//	env-config             writes callout.toml for these addresses, and in-use.toml, which wants the same
//	fill FILE              puts the variables' values into a file that has $NAME in it
//	many FILE NUMBER       writes a file of so many local recipients
//	status N PROGRAM …     runs a program whose exit status must be N
//	capture NAME PATTERN   sets a variable to what the first group of PATTERN matches in the last output
//	certificate CRT KEY …  writes the files of a certificate for these names
//	renewed URL CRT        waits until the server there shows the certificate of that file
//
// and $MX, a destination of example.com and example.org (john, jane), catchall.example and others; $SMTPS, the
// same within TLS; $GONE, where nobody listens; $POLICY and $HTTP, free addresses.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:           "testdata",
		Setup:         setup,
		UpdateScripts: os.Getenv("UPDATE_SCRIPTS") != "",
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"ready":      ready,
			"policy":     policy,
			"env-config": envConfig,
			"fill":       fill,
			"many":       many,
			"status":     status,

			"capture":     capture,
			"certificate": writeCertificate,
			"renewed":     renewed,
		},
	})
}

func setup(env *testscript.Env) error {
	// A program with the race detector sleeps for a second before it exits, in case a goroutine is left that runs into a
	// race. Here there are hundreds of programs, and none leaves a goroutine.
	env.Setenv("GORACE", "atexit_sleep_ms=0 "+os.Getenv("GORACE"))
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	d := &lab.Destination{Hostname: "mx.example.com", Domains: map[string]lab.Domain{
		"example.com":      {Mailboxes: []string{"john", "jane"}},
		"example.org":      {Mailboxes: []string{"john", "jane"}},
		"backup.example":   {Mailboxes: []string{"john"}},
		"catchall.example": {CatchAll: true},
		"slow.example":     {Mailboxes: []string{"john"}, Delay: 400 * time.Millisecond},
	}}
	go d.Serve(ln)
	env.Defer(d.Close)
	env.Setenv("MX", ln.Addr().String())
	certificate, err := lab.Certificate("mx.example.com")
	if err != nil {
		return err
	}
	encrypted, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{certificate}})
	if err != nil {
		return err
	}
	go d.Serve(encrypted)
	env.Setenv("SMTPS", encrypted.Addr().String())
	for _, name := range []string{"GONE", "POLICY", "HTTP"} {
		free, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		env.Setenv(name, free.Addr().String())
		free.Close()
	}
	return nil
}

func status(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			ts.Fatalf("%s: %v", args[1], err)
		}
		got = exit.ExitCode()
	}
	if got != want {
		ts.Fatalf("exit status %d, not %d", got, want)
	}
}

// anybody is a client that trusts every certificate.
var anybody = http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, DisableKeepAlives: true}}

func ready(ts *testscript.TestScript, neg bool, args []string) {
	for deadline := time.Now().Add(10 * time.Second); ; {
		resp, err := anybody.Get(args[0])
		if err == nil {
			resp.Body.Close()
			if (resp.StatusCode == http.StatusOK) != neg {
				return
			}
		}
		if time.Now().After(deadline) {
			ts.Fatalf("%s: %v", args[0], err)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func policy(ts *testscript.TestScript, _ bool, args []string) {
	conn, err := net.Dial("tcp", args[0])
	ts.Check(err)
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(10 * time.Second))
	fmt.Fprintf(conn, "request=smtpd_access_policy\nprotocol_state=RCPT\nrecipient=%s\n\n", args[1])
	buf := make([]byte, 1000)
	n, err := conn.Read(buf)
	ts.Check(err)
	fmt.Fprintln(ts.Stdout(), strings.TrimSpace(string(buf[:n])))
}

func envConfig(ts *testscript.TestScript, _ bool, _ []string) {
	text := fmt.Sprintf(`hostname = "filter.example.net"
data_dir = "data"
[policy]
listen = [%q]
[http]
listen = %q
[[domain]]
name = "example.com"
destinations = [%q]
[[domain]]
name = "slow.example"
destinations = [%[3]q]
`, ts.Getenv("POLICY"), ts.Getenv("HTTP"), ts.Getenv("MX"))
	ts.Check(os.WriteFile(ts.MkAbs("callout.toml"), []byte(text), 0o600))
	inUse := fmt.Sprintf("data_dir = \"other\"\n[policy]\nlisten = [%q]\n[http]\nlisten = \"\"\n", ts.Getenv("POLICY"))
	ts.Check(os.WriteFile(ts.MkAbs("in-use.toml"), []byte(inUse), 0o600))
}

func fill(ts *testscript.TestScript, _ bool, args []string) {
	text := os.Expand(ts.ReadFile(args[0]), ts.Getenv)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(text), 0o600))
}

func many(ts *testscript.TestScript, _ bool, args []string) {
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	var b bytes.Buffer
	for i := range n {
		fmt.Fprintf(&b, "user%06d\n", i)
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), b.Bytes(), 0o600))
}
