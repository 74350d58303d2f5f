namespace Orrery.Silo.Tables;

/// <summary>How an attempt to create the tables ended.</summary>
public enum TableStatus
{
    /// <summary>The tables and statements were already as this program wants them; nothing was written.</summary>
    Current,

    /// <summary>The tables were created, or brought to this program's version.</summary>
    Created,

    /// <summary>The connection string cannot be read, or no server or database answers there. A server may answer later.</summary>
    Unreachable,

    /// <summary>The server does not let this role in, or does not let it create or use the tables.</summary>
    Denied,

    /// <summary>The tables were made by a newer version of this program.</summary>
    Newer,

    /// <summary>The database holds Orleans tables of another program, which would be taken over.</summary>
    Foreign,
}

/// <summary>The outcome of <see cref="ClusterTables.CreateAsync"/>.</summary>
/// <param name="Status">How it ended.</param>
/// <param name="Message">What was done or what is wrong: one sentence without a full stop and without a password.</param>
public readonly record struct TableCreation(TableStatus Status, string Message)
{
    /// <summary>Whether a silo can start on the tables.</summary>
    public bool IsReady => Status is TableStatus.Current or TableStatus.Created;
}
