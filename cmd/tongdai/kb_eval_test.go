package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tongdai/kb/eval"
)

const (
	evalEntries = "id,category,department,question,answer,variants\n" +
		"A,,,Đăng ký tiêm vắc xin ở đâu?,Tại trạm y tế xã.,Chích ngừa ghi danh chỗ nào\n" +
		"B,,,Không đeo khẩu trang bị phạt bao nhiêu tiền?,Từ 1 đến 3 triệu đồng.,\n"
	evalQuestions = "query,expected_id,noise_kind,expect,level,base\n" +
		"dang ky tiem vac xin o dau,A,nodia,faq,near,q1\n" +
		"\"Không đeo khẩu trang, bị phạt bao nhiêu?\",B,clean,faq,near,q2\n" +
		"Mẹ em khó thở quá cứu với,,urgent,urgent,,q3\n"
)

func TestQuestionsOfAFileAreMeasuredWithoutTheDataFolder(t *testing.T) {
	folder := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	entries, questions := file("kb.csv", evalEntries), file("queries.csv", evalQuestions)
	data, dump := filepath.Join(folder, "data"), filepath.Join(folder, "results.csv")
	var out bytes.Buffer
	root := newRoot()
	root.SetOut(&out)
	root.SetArgs([]string{"kb", "eval", "--kb", entries, "--queries", questions, "--json", "--dump", dump, "--data", data})
	if err := root.ExecuteContext(t.Context()); err != nil {
		t.Fatal(err)
	}
	var r eval.Report
	if err := json.Unmarshal(out.Bytes(), &r); err != nil {
		t.Fatalf("%v in %s", err, out.String())
	}
	if r.All.Recall1 != 1 || r.Alarm.Recall != 1 || r.Questions != 3 || r.Speed == nil {
		t.Errorf("report %+v", r)
	}
	f, err := os.Open(dump)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 4 || strings.Join(rows[0], ",") != "query,outcome,confidence,ranked" {
		t.Fatalf("dump %v", rows)
	}
	if rows[2][0] != "Không đeo khẩu trang, bị phạt bao nhiêu?" || !strings.HasPrefix(rows[2][3], "B") || rows[3][1] != "urgent" {
		t.Errorf("dump %v", rows)
	}
	if _, err := os.Stat(data); !os.IsNotExist(err) {
		t.Errorf("the data folder was touched: %v", err)
	}
}

func TestMistakesInFilesToMeasureAreAllTold(t *testing.T) {
	folder := t.TempDir()
	entries, questions := filepath.Join(folder, "kb.csv"), filepath.Join(folder, "queries.csv")
	for path, text := range map[string]string{
		entries:   evalEntries + "A,,,hai lần,,\n",
		questions: evalQuestions + "hỏi gì,,clean,faq,near,q4\n",
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var out, told bytes.Buffer
	root := newRoot()
	root.SetOut(&out)
	root.SetErr(&told)
	root.SetArgs([]string{"kb", "eval", "--kb", entries, "--queries", questions})
	if err := root.ExecuteContext(t.Context()); err == nil {
		t.Error("no error")
	}
	for _, want := range []string{entries + ":4:1: mã \"A\" đã có ở dòng 2", questions + ":5:11:", "Có 2 chỗ cần sửa"} {
		if !strings.Contains(told.String(), want) {
			t.Errorf("told %q, want %q", told.String(), want)
		}
	}
}
