package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	mathrand "math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hotcell/hotcell/api"
	"github.com/hotcell/hotcell/ingest"
)

// remoteIntake hands deliveries to a running server, which holds the store. It
// implements api.Intake.
type remoteIntake struct {
	base     string
	client   *http.Client
	progress func(ingest.Progress)
	patience time.Duration // how long one delivery may wait for a server that is busy or away
	reached  bool          // a server has answered there before
}

// patience is enough for a server to be restarted.
const patience = 2 * time.Minute

func (p *program) newRemoteIntake() (*remoteIntake, error) {
	base, err := url.Parse(p.server)
	if err != nil || (base.Scheme != "http" && base.Scheme != "https") || base.Host == "" {
		return nil, usagef("--server %q is not a URL such as http://127.0.0.1:8080", p.server)
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	// The server says no before the body is on its way.
	transport.ExpectContinueTimeout = 10 * time.Second
	return &remoteIntake{base: strings.TrimSuffix(p.server, "/"), client: &http.Client{Transport: transport}, patience: patience}, nil
}

// checkRemoteProfile refuses a file of this machine: the server reads its own.
func checkRemoteProfile(name string) error {
	if name == "" || slices.Contains(ingest.Shipped(), name) || (name == filepath.Base(name) && filepath.Ext(name) == "") {
		return nil
	}
	return usagef("a server knows profiles by name: put %s into the folder its setting ingest.profiles names, and give --profile %s", name, strings.TrimSuffix(filepath.Base(name), filepath.Ext(name)))
}

// errAgain marks a failure after which the same may be sent again.
type errAgain struct {
	error
	after time.Duration // 0 = not said
}

// Take sends one delivery, again and again while the server is busy or away, and
// gives up when that has lasted too long. It carries the same key each time, so
// that an account that was lost on the way is answered again.
func (r *remoteIntake) Take(ctx context.Context, d api.Delivery) (api.Receipt, error) {
	key := rand.Text()
	pause, waited := 500*time.Millisecond, time.Duration(0)
	for {
		receipt, err := r.send(ctx, d, key)
		var again errAgain
		if err == nil || ctx.Err() != nil || !errors.As(err, &again) {
			return receipt, errors.Join(err, ctx.Err())
		}
		if !r.reached || waited >= r.patience {
			return receipt, again.error
		}
		wait := max(pause, again.after)
		wait += time.Duration(mathrand.Int64N(int64(wait)/2 + 1)) // so that many senders do not come at once
		pause = min(2*pause, 15*time.Second)
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return receipt, ctx.Err()
		}
		waited += wait
	}
}

func (r *remoteIntake) send(ctx context.Context, d api.Delivery, key string) (receipt api.Receipt, err error) {
	file, err := os.Open(d.Path)
	if err != nil {
		return receipt, &ingest.FileError{Code: ingest.FileUnreadable, File: d.Name, Err: err, Detail: "the file cannot be read: " + err.Error()}
	}
	defer file.Close()
	st, err := file.Stat()
	if err != nil || !st.Mode().IsRegular() {
		return receipt, &ingest.FileError{Code: ingest.FileUnreadable, File: d.Name, Err: err, Detail: "this is no file; name the files in a folder, for example " + d.Name + "/*"}
	}
	query := url.Values{"name": {d.Name}}
	for name, value := range map[string]string{"profile": d.Profile, "source": d.Source} {
		if value != "" {
			query.Set(name, value)
		}
	}
	if d.MaxRejects > 0 {
		query.Set("max_rejects", strconv.FormatFloat(d.MaxRejects, 'g', -1, 64))
	}
	body := &sentFile{File: file, at: ingest.Progress{File: d.Name, BytesTotal: st.Size()}, progress: r.progress}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, r.base+"/api/v1/records/"+url.PathEscape(string(d.Feed))+"?"+query.Encode(), body)
	if err != nil {
		return receipt, err
	}
	req.ContentLength = st.Size()
	req.Header.Set("Content-Type", "application/octet-stream") // what it is is told by its content
	req.Header.Set("Idempotency-Key", key)
	req.Header.Set("Expect", "100-continue")
	res, err := r.client.Do(req)
	if err != nil {
		return receipt, errAgain{error: fmt.Errorf("cannot reach the server: %w", err)}
	}
	defer res.Body.Close()
	r.reached = true
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		return receipt, errAgain{error: fmt.Errorf("the server's answer broke off: %w", err)}
	}
	if res.StatusCode == http.StatusOK {
		if err := json.Unmarshal(answer, &receipt); err != nil {
			return receipt, fmt.Errorf("the server's answer is not understood: %w", err)
		}
		return receipt, nil
	}
	return r.problem(d, res, answer)
}

// problem turns an answer into the error that a load here would have given.
func (r *remoteIntake) problem(d api.Delivery, res *http.Response, answer []byte) (receipt api.Receipt, err error) {
	var p api.Problem
	if json.Unmarshal(answer, &p) != nil || p.Code == "" {
		return receipt, fmt.Errorf("%s answers %s, which is no answer of hotcell", r.base, res.Status)
	}
	err = fmt.Errorf("the server answers %d: %s", res.StatusCode, p.Detail)
	if p.Account != nil {
		receipt = *p.Account
	}
	switch p.Code {
	case api.CodeBadContent, api.CodeTooLarge:
		return receipt, &ingest.FileError{Code: p.Fault, File: d.Name, Detail: p.Detail, Partial: p.Account != nil}
	case api.CodeInvalidParameter:
		return receipt, usageError{err}
	case api.CodeBusy, api.CodeUnavailable, api.CodeStalled, api.CodeClosed:
		seconds, _ := strconv.Atoi(res.Header.Get("Retry-After"))
		return receipt, errAgain{err, time.Duration(seconds) * time.Second}
	}
	return receipt, err
}

// sentFile tells how much of a file is on its way.
type sentFile struct {
	*os.File
	at       ingest.Progress
	progress func(ingest.Progress)
}

// Read reads.
func (f *sentFile) Read(p []byte) (int, error) {
	n, err := f.File.Read(p)
	f.at.BytesDone += int64(n)
	if f.progress != nil {
		f.progress(f.at)
	}
	return n, err
}

// loadOnServer sends the files to a running server, one after the other.
func (p *program) loadOnServer(ctx context.Context, feed ingest.Feed, profile, format string, maxRejects float64, files []string) error {
	if err := checkRemoteProfile(profile); err != nil {
		return err
	}
	remote, err := p.newRemoteIntake()
	if err != nil {
		return err
	}
	bar := p.newLoadProgress()
	remote.progress = bar.show
	return p.loadFiles(ctx, feed, format, files, bar, func(file string) (ingest.Account, error) {
		d := api.Delivery{Feed: feed, Profile: profile, Name: file, Path: file, MaxRejects: maxRejects}
		if len(d.Name) > 255 {
			d.Name = filepath.Base(d.Name)
		}
		if file == standardInputName {
			var remove func()
			if d.Path, remove, err = spoolInput(ctx, p.in); err != nil {
				return ingest.Account{}, err
			}
			defer remove()
		}
		start := time.Now()
		receipt, err := remote.Take(ctx, d)
		receipt.Duration = time.Since(start)
		return receipt.Account, err
	})
}

// spoolInput keeps standard input in a file, so that it can be sent again.
func spoolInput(ctx context.Context, in io.Reader) (path string, remove func(), err error) {
	tmp, err := os.CreateTemp("", "hotcell-spool-*")
	if err != nil {
		return "", nil, fmt.Errorf("no temporary file for standard input: %w", err)
	}
	remove = func() { os.Remove(tmp.Name()) }
	_, err = io.Copy(tmp, interruptible(ctx, in))
	if err = errors.Join(err, tmp.Close()); err != nil {
		remove()
		return "", nil, fmt.Errorf("standard input could not be spooled: %w; make room there, or set TMPDIR", err)
	}
	return tmp.Name(), remove, nil
}
