# What the bot says, in English. src/phrases.rs lists the variables there are.

## Parts of sentences

# A task inside a sentence
quoted = “{ $title }”
# Between two tasks
separator = { ", " }
# When there are too many to name
names-and-more = { $names } and { $count } more

## The list

list-heading = 📝 Your list ({ $count })
list-empty = 🎉 Your list is empty. Enjoy your day!
list-continues = …and { $count ->
    [one] one more task.
   *[other] { $count } more tasks.
}

## What happened

added = Added { $names } ✨
done = ✅ Done: { $names }. Nice work!
cleared = 🧹 Cleared your list ({ $count ->
    [one] one task
   *[other] { $count } tasks
}).
already-empty = Your list was already empty.
returned = ↩️ Put { $names } back on your list.
withdrawn = ↩️ Took { $names } off your list again.
undone-unchanged = ↩️ Undone. Your list stays as it is.
nothing-to-undo = There is nothing to undo.

## What could not be done

title-too-long = 🙏 I couldn’t add { $names }: a task can have up to { $max-characters } characters.
list-full = 🙏 I couldn’t add { $names }: a list can hold up to { $max-tasks } tasks.
too-many-lines = 🙏 I couldn’t read { $names }: a message can have up to { $max-lines } lines.
nothing-to-read = I found nothing to read there. Send me something to do 😊
not-text = I can only read text. Send me something to do and I’ll add it to your list 📝 (“help” tells you more)

## Greetings and help

help =
    📖 How to use me
    • Send me something to do and I’ll add it to your list.
    • Send it again when it’s done and I’ll take it off.
    • Several lines make several tasks.

    “list” (一覧) shows your list
    “clear” (クリア) empties it
    “undo” (元に戻す) takes back your last change; say it up to { $undo-depth } times
    “help” (ヘルプ, 使い方) shows this
welcome = Hi, nice to meet you! I keep your to-do list 😊
welcome-back = Welcome back! Your list is just as you left it 😊
welcome-back-anew = Welcome back! I keep your to-do list 😊
welcome-group =
    Hi everyone, nice to meet you! I keep a to-do list for this chat 😊
    Mention me (@) in your message when you need me.
