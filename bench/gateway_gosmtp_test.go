package bench

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"testing"

	"github.com/emersion/go-smtp"
)

// refusingVariable in the environment makes this test binary an SMTP server at the address it names that refuses
// every recipient.
const refusingVariable = "BENCH_REFUSING_SERVER"

// serveRefusing refuses every RCPT: the least that an SMTP server on go-smtp can do. It returns only where it can't.
func serveRefusing(addr string) {
	server := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return refusing{}, nil }))
	server.Addr = addr
	server.Domain = "filter.example.net"
	fmt.Fprintln(os.Stderr, server.ListenAndServe())
	os.Exit(1)
}

// refusing is a session in which every recipient is refused.
type refusing struct{}

var errNoMailbox = &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "mailbox does not exist"}

func (refusing) Mail(string, *smtp.MailOptions) error { return nil }
func (refusing) Rcpt(string, *smtp.RcptOptions) error { return errNoMailbox }
func (refusing) Data(io.Reader) error                 { return errors.New("it has no recipients") }
func (refusing) Reset()                               {}
func (refusing) Logout() error                        { return nil }

// startRefusing starts the server that refuses every recipient and returns its address.
func startRefusing(b *testing.B) string {
	addr := freeAddr(b)
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), refusingVariable+"="+addr)
	start(b, cmd, addr)
	return addr
}
