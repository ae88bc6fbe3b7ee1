package embedded

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// envChild makes this test binary play another process; its value is the part and the directory.
const envChild = "HOTCELL_EMBEDDED_TEST_CHILD"

func TestMain(m *testing.M) {
	if part, dir, ok := strings.Cut(os.Getenv(envChild), " "); ok {
		if err := playChild(part, dir); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func child(t *testing.T, part, dir string, env ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self)
	cmd.Env = append(append(os.Environ(), envChild+"="+part+" "+dir), env...)
	return cmd
}

func playChild(part, dir string) error {
	ctx := context.Background()
	engine, err := Open(ctx, Config{Dir: dir})
	if err != nil {
		return err
	}
	conn, err := clickhouse.Open(engine.Options())
	if err != nil {
		return err
	}
	switch part {
	case "open": // until standard input ends
		fmt.Println("open")
		_, _ = bufio.NewReader(os.Stdin).ReadString('\n')
		return errors.Join(conn.Close(), engine.Close())
	case "insert": // until killed
		return insertForEver(ctx, conn)
	case "busy": // Close in the middle of everything
		for i := range 8 {
			go func() {
				for {
					query := []string{"SELECT sleepEachRow(0.01) FROM numbers(1000)", "SELECT max(sipHash64(number)) FROM numbers(100000000000)"}[i%2]
					if errors.Is(conn.Exec(ctx, query), ErrClosed) {
						return
					}
				}
			}()
		}
		rows, err := conn.Query(ctx, "SELECT number FROM numbers(100000000)") // never read to its end
		if err != nil || !rows.Next() {
			return fmt.Errorf("no row: %w", err)
		}
		time.Sleep(300 * time.Millisecond)
		return engine.Close()
	}
	return fmt.Errorf("no such part: %s", part)
}

// batchRows is what one batch of insertForEver has; the rows of a batch carry its number.
const batchRows = 5000

// insertForEver inserts from four goroutines and writes a line for each batch the engine has acknowledged.
func insertForEver(ctx context.Context, conn driver.Conn) error {
	const create = "CREATE TABLE IF NOT EXISTS log (batch UInt64, row UInt64, note String) ENGINE = MergeTree ORDER BY (batch, row)"
	if err := conn.Exec(ctx, create); err != nil {
		return err
	}
	var (
		failed = make(chan error)
		out    sync.Mutex
	)
	for range 4 {
		go func() {
			for {
				id := rand.Uint64()
				if err := insertBatch(ctx, conn, id); err != nil {
					failed <- err
					return
				}
				out.Lock()
				fmt.Println(id)
				out.Unlock()
			}
		}()
	}
	return <-failed
}

func insertBatch(ctx context.Context, conn driver.Conn, id uint64) error {
	batch, err := conn.PrepareBatch(ctx, "INSERT INTO log (batch, row, note)")
	if err != nil {
		return err
	}
	for i := range batchRows {
		if err := batch.Append(id, uint64(i), "note "+strconv.Itoa(i)); err != nil {
			return err
		}
	}
	return batch.Send()
}

func TestOneProcessPerDirectory(t *testing.T) {
	needLibrary(t)
	dir := t.TempDir()
	owner := child(t, "open", dir)
	stdin, err := owner.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer stdin.Close()
	stdout, err := owner.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := owner.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(stdout).ReadString('\n'); err != nil {
		t.Fatalf("the other process does not open the directory: %q, %v", line, err)
	}
	_, err = Open(t.Context(), Config{Dir: dir})
	if !errors.Is(err, ErrInUse) {
		t.Fatalf("%v, want ErrInUse", err)
	}
	for _, part := range []string{strconv.Itoa(owner.Process.Pid), "hotcell serve", "--server URL"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("the message %q lacks %q", err, part)
		}
	}
	if err := owner.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = owner.Wait()
	openEngine(t, Config{Dir: dir}) // the killed process left its lock file
}

// The engine by itself would read a config.xml of the folder the program is started in.
func TestForeignConfigIsNotRead(t *testing.T) {
	needLibrary(t)
	cmd := child(t, "open", t.TempDir())
	cmd.Dir = t.TempDir()
	if err := os.WriteFile(filepath.Join(cmd.Dir, "config.xml"), []byte("<clickhouse><broken"), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// Whatever was acknowledged before a kill -9 is there after it, and no batch is there in part.
func TestKilledDuringInserts(t *testing.T) {
	needLibrary(t)
	dir := t.TempDir()
	acknowledged := map[uint64]bool{}
	for round := range 3 {
		cmd := child(t, "insert", dir)
		stdout, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		before := len(acknowledged)
		var kill *time.Timer
		for lines := bufio.NewScanner(stdout); lines.Scan(); {
			id, err := strconv.ParseUint(lines.Text(), 10, 64)
			if err != nil {
				t.Fatalf("the inserting process says: %s", lines.Text())
			}
			acknowledged[id] = true
			if kill == nil {
				kill = time.AfterFunc(time.Duration(300+rand.IntN(500))*time.Millisecond, func() { _ = cmd.Process.Kill() })
			}
		}
		_ = cmd.Wait()
		if len(acknowledged) == before {
			t.Fatalf("round %d: nothing was acknowledged before the kill", round)
		}
	}
	conn := openDriver(t, openEngine(t, Config{Dir: dir}))
	rows, err := conn.Query(t.Context(), "SELECT batch, count(), uniqExact(row) FROM log GROUP BY batch")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	found := 0
	for rows.Next() {
		var id, n, distinct uint64
		if err := rows.Scan(&id, &n, &distinct); err != nil {
			t.Fatal(err)
		}
		if n != batchRows || distinct != batchRows {
			t.Errorf("batch %d has %d rows, %d distinct; want %d", id, n, distinct, batchRows)
		}
		if acknowledged[id] {
			found++
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	if found != len(acknowledged) {
		t.Errorf("%d of %d acknowledged batches are there", found, len(acknowledged))
	}
	t.Logf("%d batches acknowledged over three kills, all there", found)
}

// Under the race detector a connection left open ends in a segmentation fault at exit.
func TestCloseUnderLoadEndsCleanly(t *testing.T) {
	needLibrary(t)
	for range 3 {
		if out, err := child(t, "busy", t.TempDir()).CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
}
