package servers

import (
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// Process is a server that runs in the foreground as a child of the test.
type Process struct {
	name  string
	log   string // path
	cmd   *exec.Cmd
	ended chan struct{} // closed when the process has ended
}

// StartProcess starts a command in a process group of its own, with its output in a file of a new folder, and
// waits until it accepts connections at addr, which is on TCP. It is stopped when the test ends.
func StartProcess(t testing.TB, cmd *exec.Cmd, addr string) *Process {
	t.Helper()
	p := &Process{name: filepath.Base(cmd.Path), log: filepath.Join(Folder(t), "output"), cmd: cmd, ended: make(chan struct{})}
	out, err := os.Create(p.log)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	cmd.Stdout, cmd.Stderr = out, out
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Setpgid = true
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		cmd.Wait()
		close(p.ended)
	}()
	t.Cleanup(func() { p.Stop(t) })
	Eventually(t, 20*time.Second, p.name+" listens on "+addr, func() bool {
		select {
		case <-p.ended:
			t.Fatalf("%s ended: %v\n%s", p.name, cmd.ProcessState, p.Output(t))
		default:
		}
		return Listening("tcp", addr)
	})
	return p
}

// Output returns what the process has printed so far.
func (p *Process) Output(t testing.TB) string { return Read(t, p.log) }

// Stop ends the process by SIGTERM, and what is left of its group after 10 s by SIGKILL. To stop it again does
// nothing.
func (p *Process) Stop(t testing.TB) {
	t.Helper()
	select {
	case <-p.ended:
		return
	default:
	}
	p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.ended:
	case <-time.After(10 * time.Second):
		t.Errorf("%s is still there 10 s after SIGTERM", p.name)
		syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
		<-p.ended
	}
}
