package bench

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"
)

// dunnoVariable in the environment makes this test binary the always-DUNNO server at the address it names, so
// that both servers are processes of their own.
const dunnoVariable = "BENCH_DUNNO_SERVER"

func TestMain(m *testing.M) {
	if addr := os.Getenv(dunnoVariable); addr != "" {
		serveDUNNO(addr)
		return
	}
	if addr := os.Getenv(refusingVariable); addr != "" {
		serveRefusing(addr)
		return
	}
	os.Exit(m.Run())
}

// serveDUNNO answers every policy request with DUNNO: the least that a policy server in Go can do.
func serveDUNNO(addr string) {
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	for {
		conn, err := ln.Accept()
		if err != nil {
			os.Exit(1)
		}
		go func() {
			defer conn.Close()
			buf := make([]byte, 8192)
			n := 0
			for {
				m, err := conn.Read(buf[n:])
				if err != nil {
					return
				}
				n += m
				for end := bytes.Index(buf[:n], []byte("\n\n")); end >= 0; end = bytes.Index(buf[:n], []byte("\n\n")) {
					n = copy(buf, buf[end+2:n])
					if _, err := conn.Write([]byte("action=DUNNO\n\n")); err != nil {
						return
					}
				}
			}
		}()
	}
}

// startDUNNO starts the always-DUNNO server and returns its address.
func startDUNNO(b *testing.B) string {
	addr := freeAddr(b)
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), dunnoVariable+"="+addr)
	start(b, cmd, addr)
	return addr
}

// start starts a process, waits until it listens, and sees to its end.
func start(b *testing.B, cmd *exec.Cmd, addr string) {
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		cmd.Process.Signal(syscall.SIGTERM)
		cmd.Wait()
	})
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		conn, err := net.Dial("tcp", addr)
		if err == nil {
			conn.Close()
			return
		}
		if time.Now().After(deadline) {
			b.Fatalf("%s does not listen on %s: %v", cmd.Path, addr, err)
		}
	}
}

// freeAddr returns a loopback address that nobody listens on.
func freeAddr(b *testing.B) string {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer ln.Close()
	return ln.Addr().String()
}
