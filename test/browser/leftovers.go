package browser

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

// killLeftovers waits until no process is left that has dir in its command line, as all of the browser with its profile
// there have. What is still there after the limit is killed, and is an error.
func killLeftovers(dir string, limit time.Duration) error {
	end := time.Now().Add(limit)
	for {
		left := processesOf(dir)
		if len(left) == 0 {
			return nil
		}
		if time.Now().After(end) {
			for _, pid := range left {
				syscall.Kill(pid, syscall.SIGKILL)
			}
			return fmt.Errorf("processes of the browser were left, now killed: %v", left)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func processesOf(dir string) (pids []int) {
	files, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, file := range files {
		line, err := os.ReadFile(file)
		if err != nil || !bytes.Contains(line, []byte(dir)) {
			continue // ended meanwhile, or somebody else's
		}
		if pid, err := strconv.Atoi(filepath.Base(filepath.Dir(file))); err == nil && pid != os.Getpid() {
			pids = append(pids, pid)
		}
	}
	return pids
}
