using Orrery.Notices;

// Writes THIRD-PARTY-NOTICES.txt anew. `./orrery lock` restores first, for without restored packages there are no licences to read.
if (args is not [var root])
{
    await Console.Error.WriteLineAsync("usage: notices CHECKOUT");
    return 2;
}

try
{
    await File.WriteAllTextAsync(Path.Combine(root, NoticesFile.Name), NoticesFile.Write(Shipped.Read(root)));
    return 0;
}
catch (InvalidDataException e)
{
    await Console.Error.WriteLineAsync(e.Message);
    return 1;
}
