# ボットのことば（日本語）。使える変数は src/phrases.rs にあります。

## 文の部品

# 文の中のタスク名
quoted = 「{ $title }」
# タスク名とタスク名のあいだ
separator = { "" }
# 名前を挙げきれないとき
names-and-more = { $names }ほか{ $count }件

## リスト

list-heading = 📝 リスト（{ $count }件）
list-empty = 🎉 リストは空です。すてきな一日を！
list-continues = …ほか{ $count }件あります。

## できごと

added = { $names }を追加しました ✨
done = ✅ { $names }を完了しました。おつかれさまです！
cleared = 🧹 リストを空にしました（{ $count }件）。
already-empty = リストはもともと空でした。
returned = ↩️ { $names }をリストに戻しました。
withdrawn = ↩️ { $names }の追加を取り消しました。
undone-unchanged = ↩️ 元に戻しました。リストに変わりはありません。
nothing-to-undo = 元に戻せる操作がありません。

## できなかったこと

title-too-long = 🙏 { $names }は長すぎて追加できませんでした。1件は{ $max-characters }文字までです。
list-full = 🙏 リストがいっぱい（{ $max-tasks }件）なので、{ $names }を追加できませんでした。
too-many-lines = 🙏 一度に読めるのは{ $max-lines }行までなので、{ $names }は読めませんでした。
nothing-to-read = 文字が見つかりませんでした。やることを送ってください 😊
not-text = わたしは文字だけ読めます。やることを送ると、リストに追加します 📝（使い方は「ヘルプ」）

## あいさつと使い方

help =
    📖 使い方
    ・やることを送ると、リストに追加します。
    ・同じことばをもう一度送ると、完了です。
    ・改行で分けると、まとめて送れます。

    「一覧」（list）リストを見る
    「クリア」（clear）リストを空にする
    「元に戻す」（undo）ひとつ前に戻す。{ $undo-depth }回まで続けられます
    「ヘルプ」「使い方」（help）この説明を見る
welcome = はじめまして！やることリストをおあずかりします 😊
welcome-back = おかえりなさい！リストはそのままです 😊
welcome-back-anew = おかえりなさい！やることリストをおあずかりします 😊
welcome-group =
    はじめまして！みなさんのやることリストをおあずかりします 😊
    ご用のときは、わたしをメンション（@）して送ってください。
