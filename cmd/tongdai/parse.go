package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"tongdai/inbox"
	"tongdai/kb/sheet"
)

// Departments' files are read by a process of their own: this same program, started
// again as parse-sheet. It gets the file on its standard input and says what it
// found on its standard output, opens nothing, and works within limits, so that a
// file that exhausts the memory, hangs or breaks a reader is refused, and the hub
// goes on. It ends with the hub, however that ends.
const (
	parseCommand = "parse-sheet"
	parseTime    = 10 * time.Second // of the processor
	parseWait    = time.Minute      // by the clock: on a machine that is busy a good file takes longer
	parseMemory  = 256 << 20        // bytes
	parseOutput  = 64 << 20         // bytes of JSON
	parseAtOnce  = 2                // files; others wait
	// parseRoom is how much memory there has to be, where that is limited, for more
	// than one at a time.
	parseRoom = 1 << 30
)

// What is said of a file that went beyond the limits.
const (
	tooLong  = "cần hơn 10 giây để đọc; xin xóa trang, dòng và cột thừa, hoặc chia thành nhiều tệp."
	tooBig   = "cần hơn 256 MB bộ nhớ để đọc; xin xóa hình ảnh, trang, dòng và cột thừa, hoặc chia thành nhiều tệp."
	noMemory = "chưa đọc được vì máy chủ đang thiếu bộ nhớ; xin thử lại sau ít phút, hoặc xóa hình ảnh, trang, dòng và cột thừa."
	tooMuch  = "có quá nhiều chữ; xin chia thành nhiều tệp."
	brokeOff = "làm chương trình đọc dừng đột ngột; tệp có thể bị hỏng. Xin mở bằng Excel, lưu lại dạng .xlsx rồi gửi lại."
)

// parsed says what a process is told to read.
type parsed struct {
	Name  string `json:"name"`
	Size  int    `json:"size"`
	Plain bool   `json:"plain,omitempty"`
}

// sheetParser reads files in processes of their own.
type sheetParser struct {
	slots   chan struct{}
	program string
	time    time.Duration // by the clock
	log     *slog.Logger
}

func newSheetParser(log *slog.Logger) (*sheetParser, error) {
	program, err := ownProgram()
	if err != nil {
		return nil, fmt.Errorf("find the program itself, to read files with: %w", err)
	}
	atOnce := parseAtOnce
	if allowed := memoryAllowed(); 0 < allowed && allowed < parseRoom {
		atOnce = 1
	}
	return &sheetParser{slots: make(chan struct{}, atOnce), program: program, time: parseWait, log: log}, nil
}

// sheetReader is what reads departments' files for the hub; nil: the hub itself.
func (a *app) sheetReader() (inbox.SheetReader, error) {
	if raceDetector {
		return nil, nil
	}
	p, err := newSheetParser(a.log)
	if err != nil {
		return nil, err
	}
	return p.read, nil
}

// read is an inbox.SheetReader.
func (p *sheetParser) read(ctx context.Context, file inbox.Workbook) (sheet.Content, error) {
	select {
	case p.slots <- struct{}{}:
		defer func() { <-p.slots }()
	case <-ctx.Done():
		return sheet.Content{}, ctx.Err()
	}
	limited, cancel := context.WithTimeout(ctx, p.time)
	defer cancel()
	out, said, err := p.run(limited, file)
	switch why := p.refusal(limited, out, said, err); {
	case ctx.Err() != nil:
		return sheet.Content{}, ctx.Err()
	case why != "":
		p.log.WarnContext(ctx, "a file of tables was refused by the process that reads such files", "why", why, "bytes", len(file.Data), "err", err)
		return sheet.Refused(file.Name, why), nil
	case err != nil:
		return sheet.Content{}, fmt.Errorf("start the process that reads files: %w", err)
	}
	var content sheet.Content
	if err := json.Unmarshal(out.Bytes(), &content); err != nil {
		return sheet.Refused(file.Name, brokeOff), nil
	}
	return content, nil
}

// run starts a process for the file. Its thread stays until the process has ended:
// the kernel ends the process with the thread.
func (p *sheetParser) run(ctx context.Context, file inbox.Workbook) (out *bounded, said *beginning, err error) {
	head, err := json.Marshal(parsed{Name: file.Name, Size: len(file.Data), Plain: file.Plain})
	if err != nil {
		return nil, nil, err
	}
	out, said = &bounded{most: parseOutput}, &beginning{}
	cmd := exec.CommandContext(ctx, p.program)
	cmd.Args = []string{"tongdai", parseCommand}
	cmd.Env = []string{"GOTRACEBACK=single"} // nothing of the hub's secrets
	cmd.Dir = os.TempDir()
	cmd.Stdin = io.MultiReader(bytes.NewReader(append(head, '\n')), bytes.NewReader(file.Data))
	cmd.Stdout, cmd.Stderr = out, said
	cmd.WaitDelay = time.Second
	cmd.SysProcAttr = endsWithUs()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	return out, said, cmd.Run()
}

// refusal tells why the file is refused, if the process that read it did not end well.
func (p *sheetParser) refusal(ctx context.Context, out *bounded, said *beginning, err error) string {
	var exit *exec.ExitError
	switch {
	case err == nil:
		return ""
	case out != nil && out.full:
		return tooMuch
	case errors.Is(ctx.Err(), context.DeadlineExceeded), outOfTime(err):
		return tooLong
	case said != nil && said.tellsOf("out of memory", "cannot allocate memory", "Resource temporarily unavailable", "failed to create new OS thread"):
		return tooBig
	case killed(err):
		return noMemory
	case errors.As(err, &exit):
		return brokeOff
	}
	return ""
}

// bounded is what a process says, up to a limit; beyond it the process is cut off.
type bounded struct {
	bytes.Buffer
	most int
	full bool
}

var errFull = errors.New("the process says too much")

func (b *bounded) Write(data []byte) (int, error) {
	if b.Len()+len(data) > b.most {
		b.full = true
		return 0, errFull
	}
	return b.Buffer.Write(data)
}

// ReadFrom keeps io.Copy from going around Write.
func (b *bounded) ReadFrom(r io.Reader) (int64, error) {
	return io.Copy(struct{ io.Writer }{b}, r)
}

// beginning keeps the first words of a process that broke down.
type beginning struct{ kept []byte }

func (b *beginning) Write(data []byte) (int, error) {
	const most = 1 << 10
	b.kept = append(b.kept, data[:min(len(data), most-len(b.kept))]...)
	return len(data), nil
}

// tellsOf recognises how the runtime ends without memory: for its heap, or for the
// stack of one more thread.
func (b *beginning) tellsOf(words ...string) bool {
	return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(string(b.kept), w) })
}

// newParseSheet is the other side: the process that reads one file.
func newParseSheet() *cobra.Command {
	return &cobra.Command{
		Use:    parseCommand,
		Short:  "Read one file of questions and answers, for the hub",
		Hidden: true,
		Args:   cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := limitThisProcess(); err != nil {
				return fmt.Errorf("take on limits: %w", err)
			}
			debug.SetMemoryLimit(parseMemory * 3 / 4)
			return parseSheet(cmd.InOrStdin(), cmd.OutOrStdout())
		},
	}
}

func parseSheet(in io.Reader, out io.Writer) error {
	from := bufio.NewReader(in)
	head, err := from.ReadBytes('\n')
	if err != nil {
		return err
	}
	var p parsed
	if err := json.Unmarshal(head, &p); err != nil {
		return err
	}
	if p.Size < 0 || p.Size > sheet.MaxBytes {
		return json.NewEncoder(out).Encode(sheet.Read(make([]byte, sheet.MaxBytes+1), p.Name))
	}
	data := make([]byte, p.Size)
	if _, err := io.ReadFull(from, data); err != nil {
		return err
	}
	read := sheet.Read
	if p.Plain {
		read = sheet.ReadPlain
	}
	return json.NewEncoder(out).Encode(read(data, p.Name))
}
